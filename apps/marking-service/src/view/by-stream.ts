import type { RecordedEvent } from '@hub-export/contracts';

/** Events by their stream, in order. */
export function byStream(events: readonly RecordedEvent[]): ReadonlyMap<string, readonly RecordedEvent[]> {
  const streams = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const stream = streams.get(event.streamId);
    if (stream === undefined) streams.set(event.streamId, [event]);
    else stream.push(event);
  }
  return streams;
}

/** Whether they are a stream's first events, so that no view holds anything of it yet. */
export function beginsIn(events: readonly RecordedEvent[]): boolean {
  return events[0]?.version === 1;
}
