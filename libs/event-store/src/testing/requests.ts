import type { JsonObject } from '@hub-export/contracts';
import { randomUUID } from 'node:crypto';
import type { AppendRequest, NewEvent } from '../event-store.js';

/** A stream nobody else in the run writes. */
export function freshStream(): string {
  return `transfer-${randomUUID()}`;
}

/** An event transfer-service may append. */
export function event(data: JsonObject = {}, type = 'TransferHeld'): NewEvent {
  return { id: randomUUID(), type, data };
}

/** A request with a key of its own that appends one event to a stream of its own, but for what is given. */
export function request(given: Partial<AppendRequest> = {}): AppendRequest {
  return {
    streamId: freshStream(),
    expectedVersion: 0,
    events: [event()],
    command: { key: randomUUID(), digest: 'asked' },
    correlationId: 'correlation-1',
    causationId: null,
    ...given,
  };
}
