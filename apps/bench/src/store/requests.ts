import type { AppendRequest } from '@hub-export/event-store';

/** The data of a small event, as most are. */
const DATA = { attempt: 1, at: '2026-01-01T00:00:00.000Z', by: { kind: 'system', reason: 'bench' } } as const;

/** What the raw limits write: the very same data. */
export const DATA_TEXT = JSON.stringify(DATA);

/** One command with one event on a stream of its own; or the next of that stream, with the version it has by then. */
export function singleEvent(id: string, streamId = `transfer-${id}`, expectedVersion = 0): AppendRequest {
  return {
    streamId,
    expectedVersion,
    events: [{ id, type: 'TransferQueued', data: DATA }],
    command: { key: id, digest: 'bench' },
    correlationId: id,
    causationId: null,
  };
}
