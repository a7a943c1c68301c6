// Lists of posts and people beside Home: fetched together.
import '../core';
export { default as Beside } from '../screens/beside/Beside';
export { default as Bookmarks } from '../screens/saved/Bookmarks';
export { default as Explore } from '../screens/explore/Explore';
export { default as Likes } from '../screens/saved/Likes';
export { default as ListPeople } from '../screens/lists/ListPeople';
export { default as ListPosts } from '../screens/lists/ListPosts';
export { default as Lists } from '../screens/lists/Lists';
export { default as Notifications } from '../screens/notifications/Notifications';
export { default as Public } from '../screens/home/Public';
export { default as Search } from '../screens/search/Search';
export { default as TagPosts } from '../screens/tags/TagPosts';
export { default as Tags } from '../screens/tags/Tags';
