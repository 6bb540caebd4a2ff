import type { Actor, ResourceEvent, ResourceFacts } from '@hub-export/contracts';
import { type Decider, Refusal, unreachable } from '@hub-export/event-sourcing';

export type ResourceCommand =
  | { readonly type: 'ReportResource'; readonly facts: ResourceFacts; readonly at: string; readonly by: Actor }
  | {
      readonly type: 'WithdrawResource';
      readonly source_version: number;
      readonly at: string;
      readonly by: Actor;
    };

/** A resource of the site as it stands here. `version` counts its facts and is what decisions rely on. */
export type Resource =
  /** The site never spoke of it. */
  | { readonly status: 'unknown'; readonly version: 0 }
  | { readonly status: 'present'; readonly version: number; readonly since: string; readonly facts: ResourceFacts }
  /** The site took it back; it may report it again. */
  | { readonly status: 'withdrawn'; readonly version: number; readonly since: string; readonly facts: ResourceFacts };

export const resourceDecider: Decider<Resource, ResourceCommand, ResourceEvent> = {
  initialState: { status: 'unknown', version: 0 },
  decide(command, state) {
    switch (command.type) {
      case 'ReportResource':
        return report(command, state);
      case 'WithdrawResource':
        return withdraw(command, state);
      default:
        return unreachable(command);
    }
  },
  evolve(state, event) {
    const version = state.version + 1;
    switch (event.type) {
      case 'ResourceReported': {
        const { type: _type, at: since, by: _by, ...facts } = event;
        return { status: 'present', version, since, facts };
      }
      case 'ResourceWithdrawn':
        if (state.status === 'unknown') return state;
        return {
          status: 'withdrawn',
          version,
          since: event.at,
          facts: { ...state.facts, source_version: event.source_version },
        };
      default:
        return unreachable(event);
    }
  },
};

function report(
  { facts, at, by }: Extract<ResourceCommand, { type: 'ReportResource' }>,
  state: Resource,
): readonly ResourceEvent[] {
  if (state.status !== 'unknown') {
    const seen = state.facts.source_version;
    if (facts.source_version < seen) throw stale();
    if (facts.source_version === seen) {
      // Snapshots come twice; the same version with another content would make the order meaningless.
      if (state.status === 'present' && facts.snapshot_digest === state.facts.snapshot_digest) return [];
      throw new Refusal('source_version_reused', 'This source_version was used for another snapshot.');
    }
  }
  return [{ type: 'ResourceReported', at, by, ...facts }];
}

function withdraw(
  { source_version, at, by }: Extract<ResourceCommand, { type: 'WithdrawResource' }>,
  state: Resource,
): readonly ResourceEvent[] {
  if (state.status === 'unknown') throw new Refusal('unknown_resource', 'The site never reported this resource.');
  const seen = state.facts.source_version;
  // A later withdrawal is kept, so that a snapshot from between the two that comes late does not bring it back.
  if (state.status === 'withdrawn' && source_version <= seen) return [];
  if (source_version <= seen) throw stale();
  const { resource_kind, resource_hash } = state.facts;
  return [{ type: 'ResourceWithdrawn', at, by, resource_kind, resource_hash, source_version }];
}

function stale(): Refusal {
  return new Refusal('stale_source_version', 'A newer snapshot of this resource is known already.');
}
