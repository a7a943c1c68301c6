// The moderators' queue: fetched together, by those who moderate.
import '../core';
export { default as Case } from '../screens/moderation/Case';
export { default as Moderation } from '../screens/moderation/Moderation';
