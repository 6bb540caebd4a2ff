import { createHash } from 'node:crypto';
import type { JsonObject } from './canonical-json.js';

/** A fact as it stands in the log. */
export interface RecordedEvent {
  /** 1..N over the whole log, without gaps; the order of commits. */
  readonly globalSeq: number;
  readonly streamId: string;
  /** 1..n within the stream. */
  readonly version: number;
  readonly id: string;
  readonly type: string;
  /** The event without its `type`; canonical JSON in the log. */
  readonly data: JsonObject;
  readonly correlationId: string;
  readonly causationId: string | null;
  /** The database's clock at the append, ISO 8601 UTC with microseconds. */
  readonly recordedAt: string;
  /** SHA-256 over the entry before and this entry, 64 hexadecimal digits. */
  readonly hash: string;
}

/** The hash "before" the first entry. */
export const GENESIS_HASH = '0'.repeat(64);

/**
 * The bytes an entry's hash stands for: its fields joined by line feeds, none of which can hold one. The append
 * function in the database builds the same text; an auditor rebuilds it from the bus.
 */
export function entryText(event: Omit<RecordedEvent, 'hash' | 'data'> & { readonly dataText: string }): string {
  return [
    event.globalSeq,
    event.streamId,
    event.version,
    event.id,
    event.type,
    event.correlationId,
    event.causationId ?? '',
    event.recordedAt,
    event.dataText,
  ].join('\n');
}

/** The chain: `sha256(previous hash bytes ‖ entry text)`. */
export function entryHash(previousHash: string, text: string): string {
  return createHash('sha256').update(previousHash, 'hex').update(text, 'utf8').digest('hex');
}
