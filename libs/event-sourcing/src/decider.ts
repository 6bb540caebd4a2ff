/**
 * A thing that has a life, as rules: what follows from a command, and what a recorded fact changes.
 * Both functions are pure; time, identities and outside answers come in with the command.
 */
export interface Decider<State, Command, Event> {
  readonly initialState: State;
  /**
   * The facts that follow from the command, in order; none where it is already so.
   * @throws {Refusal} where the rules say no.
   */
  decide(command: Command, state: State): readonly Event[];
  /** The state after a recorded fact. Total: it never refuses, since what is recorded has happened. */
  evolve(state: State, event: Event): State;
}

/** The state after a whole history, starting from nothing. */
export function fold<State, Command, Event>(decider: Decider<State, Command, Event>, history: Iterable<Event>): State {
  let state = decider.initialState;
  for (const event of history) state = decider.evolve(state, event);
  return state;
}
