import {
  canonicalJson,
  ContractFault,
  entryHash,
  entryText,
  GENESIS_HASH,
  readCloudEvent,
  type RecordedEvent,
} from '@hub-export/contracts';

/** An entry of the log as the bus announced it: its fields as texts, so that its hash can be computed again. */
export interface Entry extends Omit<RecordedEvent, 'data'> {
  /** The event's data, canonical JSON. */
  readonly dataText: string;
}

/** Why a message is no entry; parked, it is missing in the record until it is handled after all. */
export type EntryFault = 'not_json' | 'invalid_cloud_event' | 'unknown_event_type' | 'wrong_sequence';

/** A message as an entry, or why it is none. Types that nobody knows yet are entries too. */
export function entryOf(body: Uint8Array, sequence: number): Entry | { readonly fault: EntryFault } {
  const value = jsonOf(body);
  if (value === undefined) return { fault: 'not_json' };
  try {
    const { data, ...recorded } = readCloudEvent(value);
    // The place in the stream is the place in the log; otherwise one entry could take the place of another.
    if (recorded.globalSeq !== sequence) return { fault: 'wrong_sequence' };
    if (!isMoment(recorded.recordedAt)) return { fault: 'invalid_cloud_event' };
    return { ...recorded, dataText: canonicalJson(data) };
  } catch (error) {
    if (!(error instanceof ContractFault)) throw error;
    return { fault: error.code === 'unknown_event_type' ? 'unknown_event_type' : 'invalid_cloud_event' };
  }
}

/** Whether an entry's hash is the one that follows from the entry before it and its own text. */
export function follows(entry: Entry, hashBefore: string): boolean {
  return entryHash(hashBefore, entryText(entry)) === entry.hash;
}

/** The hash before an entry: that of its predecessor, the beginning before the first, null where it is missing. */
export function hashBefore(globalSeq: number, predecessor: Pick<Entry, 'hash'> | undefined): string | null {
  return globalSeq === 1 ? GENESIS_HASH : (predecessor?.hash ?? null);
}

/** Whether two messages tell the same entry. */
export function isSame(one: Entry, other: Entry): boolean {
  return one.hash === other.hash && entryText(one) === entryText(other);
}

/** A time that is none in form only, such as the 30th of February, is no date for the database either. */
function isMoment(text: string): boolean {
  const moment = Date.parse(text);
  if (Number.isNaN(moment) || text.startsWith('0000')) return false;
  return new Date(moment).toISOString().slice(0, SECONDS_LENGTH) === text.slice(0, SECONDS_LENGTH);
}

const SECONDS_LENGTH = 'yyyy-mm-ddThh:mm:ss'.length;

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
