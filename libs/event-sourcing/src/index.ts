export { type Decider, fold } from './decider.js';
export { isRefusal, Refusal } from './refusal.js';
export { given, type Then, type When } from './story.testing.js';
export { unreachable } from './unreachable.js';
