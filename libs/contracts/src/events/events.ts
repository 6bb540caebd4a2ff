import { CIRCUIT_EVENTS, type CircuitEvent } from './circuit-events.js';
import { EGRESS_EVENTS, type EgressEvent } from './egress-events.js';
import { NODE_EVENTS, type NodeEvent } from './node-events.js';
import { REFUSAL_EVENTS, type RefusalEvent } from './refusal-events.js';
import { RESOURCE_EVENTS, type ResourceEvent } from './resource-events.js';
import { TRANSFER_EVENTS, type TransferEvent } from './transfer-events.js';

export type HubExportEvent = ResourceEvent | TransferEvent | NodeEvent | CircuitEvent | EgressEvent | RefusalEvent;
export type EventType = HubExportEvent['type'];

/** Every event there is, by its name: the one list from which parsing, schemas and grants are made. */
export const EVENTS: { readonly [Type in EventType]: new () => Extract<HubExportEvent, { type: Type }> } = {
  ...RESOURCE_EVENTS,
  ...TRANSFER_EVENTS,
  ...NODE_EVENTS,
  ...CIRCUIT_EVENTS,
  ...EGRESS_EVENTS,
  ...REFUSAL_EVENTS,
};

/** Which service may append which event; the event store's grants are made from this. */
export const EVENT_WRITERS = {
  marking: ['ResourceReported', 'ResourceWithdrawn', 'ResourceMarked', 'ResourceUnmarked', 'CommandRefused'],
  transfer: [
    'TransferQueued',
    'RegistrationStarted',
    'RegistrationAccepted',
    'UploadStarted',
    'TransferCompleted',
    'TransferFailed',
    'TransferHeld',
    'TransferReleased',
    'OutcomeUnknown',
    'HubAsked',
    'LocalMediaRetained',
    'LocalMediaCleanupEligible',
    'NodeRecorded',
    'HubCircuitOpened',
    'HubCircuitClosed',
    'EgressStopped',
    'EgressResumed',
    'CommandRefused',
  ],
} as const satisfies Record<string, readonly EventType[]>;
