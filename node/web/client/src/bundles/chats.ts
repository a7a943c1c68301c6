// Chats, and what becomes of messages that were sent: fetched together.
import '../core';
export { default as Chat } from '../screens/chats/Chat';
export { default as ChatAside } from '../screens/chats/About';
export { default as Chats } from '../screens/chats/Chats';
export { default as NewChat } from '../screens/chats/NewChat';
export { arrived, refused } from '../screens/chats/rooms';
