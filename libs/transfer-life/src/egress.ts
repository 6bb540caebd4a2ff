import type { Actor, EgressEvent } from '@hub-export/contracts';
import type { Decider } from '@hub-export/event-sourcing';

export interface EgressCommand {
  readonly type: 'StopEgress' | 'ResumeEgress';
  readonly at: string;
  readonly by: Actor;
}

/** The egress switch: while it is closed nothing leaves the house. */
export interface Egress {
  readonly open: boolean;
  readonly since: string | null;
  readonly by: Actor | null;
}

export const egressDecider: Decider<Egress, EgressCommand, EgressEvent> = {
  initialState: { open: true, since: null, by: null },
  decide({ type, at, by }, { open }) {
    if (type === 'StopEgress') return open ? [{ type: 'EgressStopped', at, by }] : [];
    return open ? [] : [{ type: 'EgressResumed', at, by }];
  },
  evolve(_state, { type, at, by }) {
    return { open: type === 'EgressResumed', since: at, by };
  },
};
