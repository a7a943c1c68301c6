// Posts and people one looks at: fetched together.
import '../core';
export { default as Edit } from '../screens/profile/Edit';
export { default as Followers } from '../screens/profile/Followers';
export { default as Following } from '../screens/profile/Following';
export { default as History } from '../screens/thread/History';
export { default as Likers } from '../screens/people/Likers';
export { default as Profile } from '../screens/profile/Profile';
export { default as Quotes } from '../screens/thread/Quotes';
export { default as Sharers } from '../screens/people/Sharers';
export { default as Thread } from '../screens/thread/Thread';
