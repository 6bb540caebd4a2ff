import type { StreamName } from './streams.js';

/** A message is delivered this often at most; at the last but one failure it is parked, so that one delivery is spare. */
export const DELIVERIES_MAX = 8;

/** So many messages of one durable may be in hand at once. Beyond it the server stops delivering without a word. */
export const CONCURRENCY_MAX = 64;

/** A handler that neither ends nor calls `working()` for this long has failed, in milliseconds. */
export const ACK_WAIT_MS = 30_000;

/** What a durable pull consumer has to be. Field names and units are the server's. */
export interface DurableSpec {
  readonly stream: StreamName;
  readonly name: string;
  /** One filter a durable: servers before 2.10 know no more. */
  readonly filter_subject: string;
  readonly ack_policy: 'explicit';
  /** 1 keeps strict order: while a message waits for its next try, nothing behind it is delivered. */
  readonly max_ack_pending: number;
  readonly max_deliver: number;
  /** Nanoseconds. */
  readonly ack_wait: number;
}

/** What a user of a durable chooses. */
export interface DurableChoices {
  readonly stream: StreamName;
  /** Letters, digits, `-` and `_`. */
  readonly durable: string;
  readonly filter: string;
  /** Messages handled at the same time. Default 1, which keeps their order; at most CONCURRENCY_MAX. */
  readonly concurrency?: number;
  /** Default ACK_WAIT_MS. */
  readonly ackWaitMs?: number;
}

/** @throws RangeError on a concurrency or a name that the house does not allow. */
export function durableSpec({
  stream,
  durable,
  filter,
  concurrency = 1,
  ackWaitMs = ACK_WAIT_MS,
}: DurableChoices): DurableSpec {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > CONCURRENCY_MAX) {
    throw new RangeError(`A durable handles 1 to ${String(CONCURRENCY_MAX)} messages at once.`);
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(durable)) throw new RangeError('A durable is named by letters, digits, - and _.');
  return {
    stream,
    name: durable,
    filter_subject: filter,
    ack_policy: 'explicit',
    max_ack_pending: concurrency,
    max_deliver: DELIVERIES_MAX,
    ack_wait: ackWaitMs * 1_000_000,
  };
}
