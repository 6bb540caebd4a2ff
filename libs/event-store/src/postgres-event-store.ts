import type { RecordedEvent } from '@hub-export/contracts';
import pg from 'pg';
import { checkedDataTexts, READ_EVENTS_MAX, REQUESTS_PER_CALL_MAX, STREAM_EVENTS_MAX } from './append-limits.js';
import { AppendRefused, StoreUnavailable, UnknownCommit } from './errors.js';
import type { AppendRequest, AppendResult, EventStore } from './event-store.js';
import { GroupedCalls } from './grouped-calls.js';

/** Streams that one statement reads. */
const STREAMS_PER_READ_MAX = 100;
/** Statements that read streams at the same time, so that a long stream does not hold up all others. */
const READS_AT_ONCE = 2;

/** The history in PostgreSQL. Give it a pool made by `openPool`; whoever made the pool ends it. */
export class PostgresEventStore implements EventStore {
  private readonly appends: GroupedCalls<WireRequest, AppendResult>;
  private readonly reads: GroupedCalls<StreamRead, readonly RecordedEvent[]>;

  constructor(private readonly pool: pg.Pool) {
    this.appends = new GroupedCalls((requests) => this.appendGroup(requests), { perCall: REQUESTS_PER_CALL_MAX });
    this.reads = new GroupedCalls((reads) => this.readGroup(reads), {
      perCall: STREAMS_PER_READ_MAX,
      atOnce: READS_AT_ONCE,
    });
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const dataTexts = checkedDataTexts(request);
    const bytes = dataTexts.reduce((sum, text) => sum + text.length, 0);
    return this.appends.call(toWire(request, dataTexts), bytes);
  }

  /** Concurrent reads are grouped as appends are: who handles many commands at once pays for few round trips. */
  async readStream(streamId: string, fromVersion = 1): Promise<readonly RecordedEvent[]> {
    return this.reads.call({ streamId, fromVersion });
  }

  async readAll(after: number, limit: number): Promise<readonly RecordedEvent[]> {
    const rows = await this.rows('read_all', `${EVENTS} WHERE global_seq > $1 ORDER BY global_seq LIMIT $2`, [
      after,
      Math.min(limit, READ_EVENTS_MAX),
    ]);
    return rows.map(toRecorded);
  }

  async position(): Promise<number> {
    const { rows } = await this.query<{ global_seq: string }>('position', 'SELECT global_seq FROM log.head', []);
    return Number(rows[0]?.global_seq ?? 0);
  }

  async findCommand(key: string): ReturnType<EventStore['findCommand']> {
    const { rows } = await this.query<CommandRow>(
      'find_command',
      'SELECT digest, position, first_seq, last_seq FROM log.commands WHERE command_key = $1',
      [key],
    );
    const [command] = rows;
    if (command === undefined) return null;
    const { digest, first_seq: first, last_seq: last } = command;
    const events =
      first === null
        ? []
        : await this.rows('read_range', `${EVENTS} WHERE global_seq BETWEEN $1 AND $2 ORDER BY global_seq`, [
            first,
            last,
          ]);
    return { digest, position: Number(command.position), events: events.map(toRecorded) };
  }

  private async readGroup(reads: readonly StreamRead[]): Promise<readonly (() => readonly RecordedEvent[])[]> {
    const rows = await this.query<EventRow & { readonly place: string }>('read_streams', READ_STREAMS, [
      reads.map(({ streamId }) => streamId),
      reads.map(({ fromVersion }) => fromVersion),
      STREAM_EVENTS_MAX + 1,
    ]);
    const histories = reads.map((): RecordedEvent[] => []);
    for (const row of rows.rows) histories[Number(row.place) - 1]?.push(toRecorded(row));
    return histories.map((history) => () => {
      if (history.length <= STREAM_EVENTS_MAX) return history;
      throw new RangeError(`A stream holds more than ${STREAM_EVENTS_MAX} events.`);
    });
  }

  /** What the database refuses as a whole is tried one by one, so that a wrong request spoils only itself. */
  private async appendGroup(requests: readonly WireRequest[]): Promise<readonly (() => AppendResult)[]> {
    try {
      const results = await this.appendCall(requests);
      return results.map((result) => () => result);
    } catch (error) {
      if (!(error instanceof AppendRefused) || requests.length === 1) throw error;
      const answers: (() => AppendResult)[] = [];
      for (const request of requests) answers.push(await this.appendAlone(request));
      return answers;
    }
  }

  private async appendAlone(request: WireRequest): Promise<() => AppendResult> {
    try {
      const [result] = await this.appendCall([request]);
      return () => result as AppendResult;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  private async appendCall(requests: readonly WireRequest[]): Promise<readonly AppendResult[]> {
    const client = await this.connect();
    try {
      // One statement, hence one transaction: its answer comes after its commit.
      const { rows } = await client.query<{ results: AppendResult[] }>({
        name: 'append',
        text: 'SELECT log.append($1::jsonb) AS results',
        values: [JSON.stringify(requests)],
      });
      client.release();
      return rows[0]?.results ?? [];
    } catch (error) {
      client.release(true);
      throw appendError(error);
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw new StoreUnavailable('No connection to the database.', { cause: error });
    }
  }

  private async rows(name: string, sql: string, values: readonly unknown[]): Promise<readonly EventRow[]> {
    return (await this.query<EventRow>(name, sql, values)).rows;
  }

  private async query<Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<pg.QueryResult<Row>> {
    try {
      // The pool destroys a client whose query failed.
      return await this.pool.query<Row>({ name, text, values: [...values] });
    } catch (error) {
      throw new StoreUnavailable('The database does not answer.', { cause: error });
    }
  }
}

/** One element of what the append function takes. */
interface WireRequest {
  readonly stream_id: string;
  readonly expected_version: number;
  readonly events: readonly { readonly id: string; readonly type: string; readonly data: string }[];
  readonly command_key: string;
  readonly digest: string;
  readonly relies_on?: readonly { readonly stream_id: string; readonly version: number }[];
  readonly lease?: string;
  readonly token?: number;
  readonly correlation_id: string;
  readonly causation_id: string | null;
}

function toWire(request: AppendRequest, dataTexts: readonly string[]): WireRequest {
  return {
    stream_id: request.streamId,
    expected_version: request.expectedVersion,
    events: request.events.map(({ id, type }, place) => ({ id, type, data: dataTexts[place] as string })),
    command_key: request.command.key,
    digest: request.command.digest,
    ...(request.reliesOn === undefined || request.reliesOn.length === 0
      ? {}
      : { relies_on: request.reliesOn.map(({ streamId, version }) => ({ stream_id: streamId, version })) }),
    ...(request.fence === undefined ? {} : request.fence),
    correlation_id: request.correlationId,
    causation_id: request.causationId,
  };
}

interface StreamRead {
  readonly streamId: string;
  readonly fromVersion: number;
}

interface EventRow {
  readonly global_seq: string;
  readonly stream_id: string;
  readonly version: string;
  readonly event_id: string;
  readonly type: string;
  readonly data: RecordedEvent['data'];
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly recorded_at: string;
  readonly hash: string;
}

interface CommandRow {
  readonly digest: string;
  readonly position: string;
  readonly first_seq: string | null;
  readonly last_seq: string | null;
}

const COLUMNS = `global_seq, stream_id, version, event_id, type, data, correlation_id, causation_id,
  to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at, encode(hash, 'hex') AS hash`;

const EVENTS = `SELECT ${COLUMNS} FROM log.events`;

const READ_STREAMS = `SELECT asked.place, found.*
  FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked(stream_id, from_version, place)
  CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM log.events e
    WHERE e.stream_id = asked.stream_id AND e.version >= asked.from_version ORDER BY e.version LIMIT $3) found
  ORDER BY asked.place, found.version`;

function toRecorded(row: EventRow): RecordedEvent {
  return {
    globalSeq: Number(row.global_seq),
    streamId: row.stream_id,
    version: Number(row.version),
    id: row.event_id,
    type: row.type,
    data: row.data,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    recordedAt: row.recorded_at,
    hash: row.hash,
  };
}

/** `HE001` is the append function's own refusal; classes 22 and 23 are values no constraint lets in. */
function appendError(error: unknown): Error {
  if (!(error instanceof pg.DatabaseError) || mayFollowCommit(error)) {
    return new UnknownCommit('The connection ended before the database answered.', { cause: error });
  }
  const { code = '', constraint, message } = error;
  if (code === 'HE001') return new AppendRefused(message, { cause: error });
  if (constraint === 'events_event_id_once') return new AppendRefused('event_id_reused', { cause: error });
  if (/^2[23]/.test(code)) return new AppendRefused(constraint ?? code, { cause: error });
  return new StoreUnavailable('The database gave up the append.', { cause: error });
}

/**
 * An answer of the database is a rollback, but for a session that is ended from outside (57P..) or a connection that
 * fails (08..): that may happen just after the commit.
 */
function mayFollowCommit({ code = '' }: pg.DatabaseError): boolean {
  return code.startsWith('57P') || code.startsWith('08');
}
