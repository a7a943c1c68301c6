// What is opened over posts, people and pictures: fetched together.
import '../core';
export { default as FilterSheet } from '../screens/post/FilterSheet';
export { default as MemberSheet } from '../screens/lists/MemberSheet';
export { default as MomentViewer } from '../screens/moments/Viewer';
export { default as MuteSheet } from '../screens/post/MuteSheet';
export { default as QuoteSheet } from '../screens/post/QuoteSheet';
export { default as ReportSheet } from '../screens/post/ReportSheet';
export { default as Viewer } from '../screens/post/Viewer';
