import { fold, given } from '@hub-export/event-sourcing';
import {
  type Circuit,
  type CircuitCommand,
  circuitDecider,
  PROBE_CAP_MS,
  PROBE_FIRST_MS,
  probeEveryMs,
  REOPENED_WITHIN_MS,
} from './circuit.js';
import { AT, BY, LATER } from './testing/lives.js';

const circuit = circuitDecider;
const named = { node_key: 'hub', at: AT, by: BY } as const;
const OPEN: CircuitCommand = { type: 'OpenCircuit', code: 'hub_denies_access', ...named };
const CLOSE: CircuitCommand = { type: 'CloseCircuit', ...named };
const opened = { type: 'HubCircuitOpened', code: 'hub_denies_access', ...named } as const;
const closed = { type: 'HubCircuitClosed', ...named } as const;

describe('the circuit of a hub', () => {
  it('is closed until trouble is met', () => {
    expect(fold(circuit, [])).toEqual({ status: 'closed', since: null, reopened: 0 });
  });

  it('says what opened it, and since when it stands as it does', () => {
    expect(fold(circuit, [opened])).toEqual({ status: 'open', since: AT, code: 'hub_denies_access', reopened: 0 });
    expect(fold(circuit, [opened, { ...closed, at: LATER }])).toEqual({ status: 'closed', since: LATER, reopened: 0 });
  });

  /*
   *                 closed     open
   * OpenCircuit     → open     ·
   * CloseCircuit    ·          → closed
   */
  it('has an answer of both states to both commands, so that one trouble is one alert', () => {
    given(circuit).when(OPEN).then(opened);
    given(circuit, opened).when(OPEN).thenNothing();
    given(circuit, opened)
      .when({ ...OPEN, code: 'connection_refused' })
      .thenNothing();
    given(circuit).when(CLOSE).thenNothing();
    given(circuit, opened).when(CLOSE).then(closed);
    given(circuit, opened, closed).when(OPEN).then(opened);
  });

  it('counts how often it opens again soon after it closed, and forgets it in quiet times', () => {
    const soon = after(AT, REOPENED_WITHIN_MS - 1);
    const flapping = [opened, closed, { ...opened, at: soon }, { ...closed, at: soon }, { ...opened, at: soon }];
    expect(fold(circuit, flapping)).toMatchObject({ status: 'open', reopened: 2 });
    const quiet = [...flapping, { ...closed, at: soon }, { ...opened, at: after(soon, REOPENED_WITHIN_MS) }];
    expect(fold(circuit, quiet)).toMatchObject({ status: 'open', reopened: 0 });
  });
});

describe('half-open probes', () => {
  it.each([
    ['soon after it opened', 0, 0, PROBE_FIRST_MS],
    ['later after a while', 7_000, 0, 7_000],
    ['never further apart than the limit', 86_400_000, 0, PROBE_CAP_MS],
    ['later from the start where it opened again', 0, 3, PROBE_FIRST_MS * 8],
    ['within the limit however often it opened', 0, 500, PROBE_CAP_MS],
  ])('come %s', (_when, openForMs, reopened, expected) => {
    const open: Extract<Circuit, { status: 'open' }> = { status: 'open', since: AT, code: 'hub_down', reopened };
    expect(probeEveryMs(open, after(AT, openForMs))).toBe(expected);
  });
});

function after(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
