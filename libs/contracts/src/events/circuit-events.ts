import { Code, Fact, NodeKey } from './rules.js';

/** A hub is in trouble that the next transfer would meet too: from here on none begins with it. */
export class HubCircuitOpened extends Fact {
  readonly type = 'HubCircuitOpened' as const;

  @NodeKey()
  readonly node_key: string;

  /** What was met, such as `hub_denies_access` or `connection_refused`. */
  @Code()
  readonly code: string;
}

/** The hub answered as it should: transfers begin again. */
export class HubCircuitClosed extends Fact {
  readonly type = 'HubCircuitClosed' as const;

  @NodeKey()
  readonly node_key: string;
}

export type CircuitEvent = HubCircuitOpened | HubCircuitClosed;
export const CIRCUIT_EVENTS = { HubCircuitOpened, HubCircuitClosed } as const;
