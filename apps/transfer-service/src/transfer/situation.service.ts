import { EGRESS_STREAM, nodeStream, profileAccepts, resourceStream, transferStream } from '@hub-export/contracts';
import { EVENT_STORE, type EventStore, load } from '@hub-export/event-store';
import {
  type Egress,
  egressDecider,
  type Eligibility,
  eligibilityOf,
  endsAmong,
  type Intent,
  type Readiness,
  type Resource,
  resourceDecider,
  type Transfer,
  transferDecider,
  type WayEnds,
} from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import type { KnownNode } from '../node/network-view.query.js';
import { Nodes } from '../node/nodes.service.js';

/** What of an intent its situation depends on. */
export type SituatedIntent = Pick<
  Intent,
  'resource_kind' | 'resource_hash' | 'source_node_key' | 'source_center_key' | 'target_node_key'
>;

/** What may be sent at all: drawn from what is recorded, so that the log can tell whether it is still so. */
export interface Standing {
  readonly resource: Resource;
  readonly eligibility: Eligibility;
  readonly egress: Egress;
  /** The nodes that it was drawn from. */
  readonly nodes: readonly KnownNode[];
  /** The streams this was read from, at the versions that were seen. */
  readonly reliesOn: readonly { readonly streamId: string; readonly version: number }[];
}

/** Everything outside a transfer that decisions about it rest on. */
export interface Situation extends Standing {
  /** With what the files of the nodes say at this moment. */
  readonly readiness: Readiness;
}

/** Reads how things stand, for the decision and for "why not?" alike. */
@Injectable()
export class Situations {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    private readonly nodes: Nodes,
  ) {}

  async transfer(transferId: string): Promise<Transfer> {
    return (await this.transferWithVersion(transferId)).transfer;
  }

  /** Version 0 where nothing was ever recorded of it. */
  async transferWithVersion(transferId: string): Promise<{ readonly transfer: Transfer; readonly version: number }> {
    const { state, version } = await load(this.events, transferDecider, transferStream(transferId));
    return { transfer: state, version };
  }

  /** What a start rests on. */
  async of(intent: SituatedIntent): Promise<Situation> {
    const standing = await this.standing(intent);
    const { target_node_key, source_node_key } = intent;
    return {
      ...standing,
      readiness: await this.nodes.readinessAmong(standing.nodes, target_node_key, source_node_key),
    };
  }

  /** What holds or breaks off what was started; the nodes' files are not looked at. */
  async standing(intent: SituatedIntent): Promise<Standing> {
    const streamId = resourceStream(intent.resource_kind, intent.resource_hash);
    // Asked at the same time: whoever decides on it relies on the versions that were seen.
    const [nodes, egress, { state: resource, version }] = await Promise.all([
      this.nodes.all(),
      load(this.events, egressDecider, EGRESS_STREAM),
      load(this.events, resourceDecider, streamId),
    ]);
    const ends = endsAmong(
      nodes.map(({ facts }) => facts),
      intent.target_node_key,
    );
    return {
      resource,
      egress: egress.state,
      nodes,
      eligibility: eligibilityUnder(resource, ends, intent.source_center_key),
      reliesOn: [
        { streamId, version },
        { streamId: EGRESS_STREAM, version: egress.version },
        ...nodeVersions(ends, nodes),
      ],
    };
  }
}

/** Without a site node or a hub nothing is in scope and nothing is accepted: it fails closed. */
function eligibilityUnder(resource: Resource, { siteNode, hub }: WayEnds, markedCenter: string): Eligibility {
  const profile = hub?.profile ?? 'endoreg-3.0';
  const accepted = profileAccepts(profile);
  return eligibilityOf(resource, {
    centerScope: siteNode?.center_scope ?? [],
    owningCenter: siteNode?.owning_center_key ?? null,
    acceptedStates: hub === null ? [] : accepted.filter((state) => hub.eligible_states.includes(state)),
    profile,
    markedCenter,
  });
}

function nodeVersions({ siteNode, hub }: WayEnds, nodes: readonly KnownNode[]) {
  return nodes
    .filter(({ facts }) => facts.node_key === siteNode?.node_key || facts.node_key === hub?.node_key)
    .map(({ facts, version }) => ({ streamId: nodeStream(facts.node_key), version }));
}
