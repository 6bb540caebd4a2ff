import type { JsonObject, RecordedEvent } from '@hub-export/contracts';

/** A fact to be recorded. */
export interface NewEvent {
  /** UUID; also the message id on the bus. */
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
}

/** One command's facts, appended to one stream together or not at all. */
export interface AppendRequest {
  readonly streamId: string;
  /** The version of the stream the decision saw; 0 where the stream is new. */
  readonly expectedVersion: number;
  readonly events: readonly NewEvent[];
  /** The command's idempotency key, and the digest of what it asked: the same key with another digest is refused. */
  readonly command: { readonly key: string; readonly digest: string };
  /** Further streams the decision relies on: they must still be at these versions. */
  readonly reliesOn?: readonly { readonly streamId: string; readonly version: number }[];
  /** The lease under which the writer works; a writer that lost it appends nothing. */
  readonly fence?: { readonly lease: string; readonly token: number };
  readonly correlationId: string;
  readonly causationId: string | null;
}

export type AppendResult =
  /** Recorded. `position` is the global_seq of the last event, or the log's end where there were no events. */
  | { readonly outcome: 'appended'; readonly position: number; readonly version: number }
  /** This command was recorded before; what it did then. */
  | { readonly outcome: 'repeated'; readonly position: number; readonly eventIds: readonly string[] }
  /** A stream has moved since the decision saw it: load and decide again. */
  | { readonly outcome: 'conflict'; readonly streamId: string; readonly actualVersion: number }
  /** The lease belongs to somebody else now. */
  | { readonly outcome: 'fenced' }
  /** The idempotency key was used for another command. */
  | { readonly outcome: 'key_reused' };

/** The append-only history. Two makers, PostgreSQL and memory, pass one contract suite. */
export interface EventStore {
  /**
   * Records the events of one command. Concurrent calls are grouped into one commit; each is decided alone.
   * @throws when the database refuses or is away: then whether it was recorded is unknown, and the same command with
   * the same key may be sent again.
   */
  append(request: AppendRequest): Promise<AppendResult>;
  /** The events of one stream from a version on (1 by default), oldest first. */
  readStream(streamId: string, fromVersion?: number): Promise<readonly RecordedEvent[]>;
  /** At most `limit` events of the whole log after a position, in order. */
  readAll(after: number, limit: number): Promise<readonly RecordedEvent[]>;
  /** The log's end: the last global_seq, 0 where it is empty. */
  position(): Promise<number>;
  /** What an earlier command with this key did, if there was one. */
  findCommand(
    key: string,
  ): Promise<{ readonly digest: string; readonly position: number; readonly events: readonly RecordedEvent[] } | null>;
}
