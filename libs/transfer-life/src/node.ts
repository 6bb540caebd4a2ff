import type { Actor, NodeEvent, NodeFacts } from '@hub-export/contracts';
import type { Decider } from '@hub-export/event-sourcing';

export interface NodeCommand {
  readonly type: 'RecordNode';
  readonly facts: NodeFacts;
  readonly at: string;
  readonly by: Actor;
}

export type NetworkNode =
  { readonly status: 'unknown' } | { readonly status: 'recorded'; readonly since: string; readonly facts: NodeFacts };

export const nodeDecider: Decider<NetworkNode, NodeCommand, NodeEvent> = {
  initialState: { status: 'unknown' },
  decide({ facts, at, by }, state) {
    // The document's digest covers every field, so the same configuration told again changes nothing.
    if (state.status === 'recorded' && state.facts.document_digest === facts.document_digest) return [];
    return [{ type: 'NodeRecorded', at, by, ...facts }];
  },
  evolve(_state, { type: _type, at: since, by: _by, ...facts }) {
    return { status: 'recorded', since, facts };
  },
};
