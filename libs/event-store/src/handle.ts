import { documentDigest, type RecordedEvent } from '@hub-export/contracts';
import { crashPoint } from '@hub-export/environment';
import { type Decider, fold, Refusal } from '@hub-export/event-sourcing';
import { randomUUID } from 'node:crypto';
import { Fenced, KeyReused, VersionConflict } from './errors.js';
import type { AppendRequest, EventStore, NewEvent } from './event-store.js';

/** A lost race is decided again this often before the caller is told. */
export const DECISIONS_MAX = 5;

/** A domain event: its type, and fields that JSON can hold. In the log, `data` is the event without its type. */
export interface DomainEvent {
  readonly type: string;
}

export interface HandleOptions {
  /** The command's idempotency key: said again, the command does nothing and answers what it did. */
  readonly key: string;
  /**
   * What was asked, as a digest: the same key with another digest is refused. Give it where the command holds what
   * changes from one time to the next, such as the time. @default the digest of the command as it was first built
   */
  readonly digest?: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  /** Further streams the decision relies on; a function is asked at each try, after the command was built. */
  readonly reliesOn?: AppendRequest['reliesOn'] | (() => AppendRequest['reliesOn']);
  readonly fence?: AppendRequest['fence'];
  /** Makes the events' ids. @default random UUIDs */
  readonly newId?: () => string;
}

export interface Handled<State, Event> {
  /** `unchanged`: it was already so. `repeated`: this command was handled before, and `events` are what it did then. */
  readonly outcome: 'appended' | 'unchanged' | 'repeated';
  /** The global_seq of the command's last event; without events, the log's end when it was decided. */
  readonly position: number;
  readonly events: readonly Event[];
  /** After the command's events; of a repeated command, as the stream stands now. */
  readonly state: State;
  /** Of the stream, with that state. */
  readonly version: number;
}

/** A stream as whoever appended to it last knows it. */
export interface KnownStream<State> {
  readonly state: State;
  readonly version: number;
}

/**
 * Handles one command: reads the stream, decides by the rules, and appends what follows, at most five times where
 * others write the stream at the same moment.
 * @param command the command, or what builds it from the world as it is at each try.
 * @param known spares reading the stream: the log itself tells at the append whether it still stands there. Where it does
 * not, or the rules say no to what is known, the stream is read after all.
 * @throws {Refusal} where the rules say no; {VersionConflict} where every try lost its race; {KeyReused}; {Fenced};
 * {StoreUnavailable} and {UnknownCommit} where the database is away: then the same command may be sent again.
 */
export async function handle<State, Command, Event extends DomainEvent>(
  store: EventStore,
  decider: Decider<State, Command, Event>,
  streamId: string,
  command: Command | (() => Command | Promise<Command>),
  options: HandleOptions,
  known?: KnownStream<State>,
): Promise<Handled<State, Event>> {
  const { newId = randomUUID, fence, correlationId, causationId } = options;
  let { digest } = options;
  let trusted = known;
  for (let attempt = 1; ; attempt += 1) {
    // The command is built before the stream is read: what it saw of other streams is then never newer than the state.
    const built = await orRecall(async () =>
      typeof command === 'function' ? (command as () => Command | Promise<Command>)() : command,
    );
    if (built === null) return recall();
    digest ??= documentDigest(built);
    const reliesOn = typeof options.reliesOn === 'function' ? options.reliesOn() : options.reliesOn;
    const decided = await orRecall(() => decide(built));
    if (decided === null) return recall();
    const { before, version, events } = decided;
    const request: AppendRequest = {
      streamId,
      expectedVersion: version,
      events: events.map((event) => toNewEvent(event, newId())),
      command: { key: options.key, digest },
      correlationId,
      causationId,
      ...(reliesOn === undefined ? {} : { reliesOn }),
      ...(fence === undefined ? {} : { fence }),
    };
    for (const { type } of events) crashPoint(`before-${type}`);
    const result = await store.append(request);
    for (const { type } of events) crashPoint(`after-${type}`);
    switch (result.outcome) {
      case 'appended': {
        const state = events.reduce<State>((state, event) => decider.evolve(state, event), before);
        const outcome = events.length > 0 ? 'appended' : 'unchanged';
        return { outcome, position: result.position, events, state, version: version + events.length };
      }
      case 'repeated':
        return recall();
      case 'conflict':
        if (attempt === DECISIONS_MAX) throw new VersionConflict(result.streamId, result.actualVersion);
        trusted = undefined;
        break;
      case 'fenced':
        throw new Fenced(fence?.lease ?? '');
      case 'key_reused':
        throw new KeyReused();
    }
  }

  async function decide(
    built: Command,
  ): Promise<{ readonly before: State; readonly version: number; readonly events: readonly Event[] }> {
    if (trusted !== undefined) {
      const { state: before, version } = trusted;
      try {
        return { before, version, events: decider.decide(built, before) };
      } catch (error) {
        // No append would tell whether this no was said to what stands in the log.
        if (!(error instanceof Refusal)) throw error;
      }
    }
    const { state: before, version } = await load(store, decider, streamId);
    return { before, version, events: decider.decide(built, before) };
  }

  /** A command that is said again may be refused by what itself brought about; then its first answer counts. */
  async function orRecall<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Refusal) || (await store.findCommand(options.key)) === null) throw error;
      return null;
    }
  }

  async function recall(): Promise<Handled<State, Event>> {
    const recorded = await store.findCommand(options.key);
    if (recorded === null || recorded.digest !== digest) throw new KeyReused();
    const { state, version } = await load(store, decider, streamId);
    const { position } = recorded;
    return { outcome: 'repeated', position, events: recorded.events.map(toDomainEvent<Event>), state, version };
  }
}

/** The state of a stream and its version, for those who read without deciding. */
export async function load<State, Command, Event extends DomainEvent>(
  store: EventStore,
  decider: Decider<State, Command, Event>,
  streamId: string,
): Promise<{ readonly state: State; readonly version: number }> {
  const history = await store.readStream(streamId);
  return { state: fold(decider, history.map(toDomainEvent<Event>)), version: history.length };
}

/** The event as the rules know it. What is recorded was checked when it was appended, so its shape is trusted. */
export function toDomainEvent<Event extends DomainEvent>({ type, data }: RecordedEvent): Event {
  return { ...data, type } as unknown as Event;
}

function toNewEvent({ type, ...data }: DomainEvent, id: string): NewEvent {
  return { id, type, data: data };
}
