import { Fact } from './rules.js';

/** Nothing leaves the house from here on: no new request, and running uploads are aborted. */
export class EgressStopped extends Fact {
  readonly type = 'EgressStopped' as const;
}

export class EgressResumed extends Fact {
  readonly type = 'EgressResumed' as const;
}

export type EgressEvent = EgressStopped | EgressResumed;
export const EGRESS_EVENTS = { EgressStopped, EgressResumed } as const;
