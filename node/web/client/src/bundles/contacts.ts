// Friends and circles: fetched together.
import '../core';
export { default as AddFriend } from '../screens/addfriend/AddFriend';
export { default as Asked } from '../screens/contacts/Asked';
export { default as Blocked } from '../screens/contacts/Blocked';
export { default as Circle } from '../screens/circles/Circle';
export { default as Circles } from '../screens/circles/Circles';
export { default as Contacts } from '../screens/contacts/Contacts';
export { default as FriendCard } from '../screens/friend/FriendCard';
