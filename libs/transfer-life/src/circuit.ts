import type { Actor, CircuitEvent } from '@hub-export/contracts';
import { type Decider, unreachable } from '@hub-export/event-sourcing';

export type CircuitCommand =
  /** The hub was met in trouble that the next transfer would meet too. */
  | {
      readonly type: 'OpenCircuit';
      readonly node_key: string;
      readonly code: string;
      readonly at: string;
      readonly by: Actor;
    }
  /** The hub answered as it should. */
  | { readonly type: 'CloseCircuit'; readonly node_key: string; readonly at: string; readonly by: Actor };

/** How it stands with one hub, over all processes: while its circuit is open no transfer begins with it. */
export type Circuit =
  | {
      readonly status: 'closed';
      /** Since when; `null` where it was never open. */
      readonly since: string | null;
      readonly reopened: number;
    }
  | {
      readonly status: 'open';
      readonly since: string;
      readonly code: string;
      /** How often it opened again soon after it had closed. */
      readonly reopened: number;
    };

/** The first half-open probe comes so long after the circuit opened, in milliseconds. */
export const PROBE_FIRST_MS = 1_000;
/** Probes come no further apart than this, in milliseconds. */
export const PROBE_CAP_MS = 30_000;
/** What opens again within this time of closing was not mended, in milliseconds. */
export const REOPENED_WITHIN_MS = 600_000;

export const circuitDecider: Decider<Circuit, CircuitCommand, CircuitEvent> = {
  initialState: { status: 'closed', since: null, reopened: 0 },
  decide(command, state) {
    const { at, by, node_key } = command;
    switch (command.type) {
      case 'OpenCircuit':
        // One alert for one trouble, however many transfers met it.
        return state.status === 'open' ? [] : [{ type: 'HubCircuitOpened', at, by, node_key, code: command.code }];
      case 'CloseCircuit':
        return state.status === 'closed' ? [] : [{ type: 'HubCircuitClosed', at, by, node_key }];
      default:
        return unreachable(command);
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'HubCircuitOpened':
        return { status: 'open', since: event.at, code: event.code, reopened: reopenings(state, event.at) };
      case 'HubCircuitClosed':
        return { status: 'closed', since: event.at, reopened: state.reopened };
      default:
        return unreachable(event);
    }
  },
};

/**
 * How long after one half-open probe the next may come, in milliseconds: soon at first, then as long again as the
 * circuit has been open, up to a limit. A circuit that keeps opening again is asked less often from the start, so that
 * trouble which no question can see does not ring every second.
 *
 * @param now ISO 8601
 */
export function probeEveryMs({ since, reopened }: Extract<Circuit, { status: 'open' }>, now: string): number {
  const first = PROBE_FIRST_MS * 2 ** Math.min(reopened, 10);
  const openForMs = Date.parse(now) - Date.parse(since);
  return Math.min(PROBE_CAP_MS, Math.max(first, openForMs));
}

function reopenings(before: Circuit, at: string): number {
  if (before.since === null) return 0;
  return Date.parse(at) - Date.parse(before.since) < REOPENED_WITHIN_MS ? before.reopened + 1 : 0;
}
