// Moments, and what becomes of those that were shown: fetched together.
import '../core';
export { default as Moments } from '../screens/moments/Moments';
export { default as MomentNotices } from '../screens/moments/Notices';
export { default as MomentSettings } from '../screens/moments/Settings';
export { default as MomentsOf } from '../screens/moments/Of';
export { default as OneMoment } from '../screens/moments/One';
export { default as Write } from '../screens/moments/Write';
export { done, refused } from '../screens/moments/outcomes';
