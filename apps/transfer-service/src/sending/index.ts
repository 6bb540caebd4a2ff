/** The face of the sender's decisions, for apps/proof alone, which lets them run in a world of its own making. */
export { Freezer } from '../transfer/freezer.service.js';
export { type Situation, Situations } from '../transfer/situation.service.js';
export { Transfers } from '../transfer/transfers.service.js';
export { type AttemptLease, type AttemptParts } from './attempt-parts.js';
export { Attempt } from './attempt.worker.js';
export { type AbortReason, type HubAnswer } from './hub-answer.js';
export { type CallContext } from './hub.client.js';
export { type MediaToSend } from './hub-protocol.js';
export { type SendProgress } from './metered-body.stream.js';
export { SCHEMA_VERSIONS } from './status-document.js';
