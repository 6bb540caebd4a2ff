import { deepStrictEqual, fail, ok } from 'node:assert/strict';
import { type Decider, fold } from './decider.js';
import { isRefusal, type Refusal } from './refusal.js';

export interface When<State, Command, Event> {
  when(command: Command): Then<State, Event>;
}

export interface Then<State, Event> {
  /** Exactly these facts follow. */
  then(...events: readonly Event[]): void;
  /** It is already so: nothing follows, and nothing is refused. */
  thenNothing(): void;
  /** The rules say no, with this code. */
  thenRefused(code: string): void;
  /** The state after the facts that followed. */
  thenState(check: (state: State) => void): void;
}

/** A behaviour told as a story: given these facts, when this is asked, then that follows. */
export function given<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  ...history: readonly Event[]
): When<State, Command, Event> {
  const state = fold(decider, history);
  return {
    when(command) {
      const outcome = attempt(() => decider.decide(command, state));
      return {
        then: (...events) => deepStrictEqual(followed(outcome), events),
        thenNothing: () => deepStrictEqual(followed(outcome), []),
        thenRefused(code) {
          if (!('refusal' in outcome)) fail(`Not refused; it followed: ${JSON.stringify(outcome.events)}`);
          deepStrictEqual(outcome.refusal.code, code);
        },
        thenState(check) {
          const events = followed(outcome);
          ok(events.length > 0, 'Nothing followed, so no state changed.');
          check(events.reduce<State>((before, event) => decider.evolve(before, event), state));
        },
      };
    },
  };
}

type Outcome<Event> = { readonly events: readonly Event[] } | { readonly refusal: Refusal };

function attempt<Event>(decide: () => readonly Event[]): Outcome<Event> {
  try {
    return { events: decide() };
  } catch (error) {
    if (isRefusal(error)) return { refusal: error };
    throw error;
  }
}

function followed<Event>(outcome: Outcome<Event>): readonly Event[] {
  if ('refusal' in outcome) fail(`Refused: ${outcome.refusal.code}`);
  return outcome.events;
}
