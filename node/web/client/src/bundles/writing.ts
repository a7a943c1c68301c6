// Writing posts: fetched together.
import '../core';
export { default as Box } from '../screens/compose/Box';
export { default as Compose } from '../screens/compose/Compose';
export { default as Drafts } from '../screens/compose/Drafts';
export { default as PopOutBox } from '../screens/compose/PopOutBox';
