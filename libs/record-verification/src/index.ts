export { type Step, step, type Walk, WALK_START, type WalkedEntry, walkedPast, walkedRoot } from './record-walk.js';
