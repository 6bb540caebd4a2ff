import { type CommandRefused, documentDigest, type JsonObject, refusalStream } from '@hub-export/contracts';
import { randomUUID } from 'node:crypto';
import { v5 as uuidV5 } from 'uuid';
import type { AppendRequest, EventStore } from './event-store.js';

/** The namespace of refusal ids; with another one a repeated command would record its refusal twice. */
const REFUSAL_NAMESPACE = '2f6f3c4c-52a5-5a5e-9a6b-0d3f4f0c8a72';

/**
 * Keeps what was refused, once for each command: the audit must know what was not done. Its place in the log, or null
 * where this command was used for something else.
 * @param key the refused command's idempotency key.
 * @throws what `append` throws.
 */
export async function recordRefusal(
  store: EventStore,
  { type, ...refused }: CommandRefused,
  { key, correlationId, causationId }: Pick<AppendRequest, 'correlationId' | 'causationId'> & { readonly key: string },
): Promise<number | null> {
  const { at: _at, ...asked } = refused;
  const result = await store.append({
    streamId: refusalStream(uuidV5(key, REFUSAL_NAMESPACE)),
    expectedVersion: 0,
    events: [{ id: randomUUID(), type, data: refused as unknown as JsonObject }],
    command: { key: `${key}.refused`, digest: documentDigest(asked) },
    correlationId,
    causationId,
  });
  return result.outcome === 'appended' || result.outcome === 'repeated' ? result.position : null;
}
