export { type Decider, fold } from './decider.js';
export { Refusal } from './refusal.js';
export { given, type Then, type When } from './story.testing.js';
export { unreachable } from './unreachable.js';
