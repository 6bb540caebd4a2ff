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
}

/**
 * Handles one command: reads the stream, decides by the rules, and appends what follows, at most five times where
 * others write the stream at the same moment.
 * @param command the command, or what builds it from the world as it is at each try.
 * @throws {Refusal} where the rules say no; {VersionConflict} where every try lost its race; {KeyReused}; {Fenced};
 * {StoreUnavailable} and {UnknownCommit} where the database is away: then the same command may be sent again.
 */
export async function handle<State, Command, Event extends DomainEvent>(
  store: EventStore,
  decider: Decider<State, Command, Event>,
  streamId: string,
  command: Command | (() => Command | Promise<Command>),
  options: HandleOptions,
): Promise<Handled<State, Event>> {
  const { newId = randomUUID, fence, correlationId, causationId } = options;
  let { digest } = options;
  for (let attempt = 1; ; attempt += 1) {
    // The command is built before the stream is read: what it saw of other streams is then never newer than the state.
    const built = await orRecall(async () =>
      typeof command === 'function' ? (command as () => Command | Promise<Command>)() : command,
    );
    if (built === null) return recall();
    digest ??= documentDigest(built);
    const reliesOn = typeof options.reliesOn === 'function' ? options.reliesOn() : options.reliesOn;
    const history = await store.readStream(streamId);
    const before = fold(decider, history.map(toDomainEvent<Event>));

    const events = await orRecall(async () => decider.decide(built, before));
    if (events === null) return recall();
    const request: AppendRequest = {
      streamId,
      expectedVersion: history.length,
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
        return { outcome: events.length > 0 ? 'appended' : 'unchanged', position: result.position, events, state };
      }
      case 'repeated':
        return recall();
      case 'conflict':
        if (attempt === DECISIONS_MAX) throw new VersionConflict(result.streamId, result.actualVersion);
        break;
      case 'fenced':
        throw new Fenced(fence?.lease ?? '');
      case 'key_reused':
        throw new KeyReused();
    }
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
    const known = await store.findCommand(options.key);
    if (known === null || known.digest !== digest) throw new KeyReused();
    const { state } = await load(store, decider, streamId);
    return { outcome: 'repeated', position: known.position, events: known.events.map(toDomainEvent<Event>), state };
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
