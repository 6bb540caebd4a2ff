import type { Clock } from '../clock.js';
import type { NodeMaterials } from '../node/node-material.service.js';
import type { KnownNode } from '../node/network-view.query.js';
import type { Nodes } from '../node/nodes.service.js';
import type { HubAnswer, NotSentCode } from './hub-answer.js';
import type { HubPeer } from './hub.client.js';

/** Whether a hub answered when it was last spoken to. */
export interface Reachability {
  readonly reachable: boolean;
  readonly code: string | null;
  readonly since: string;
}

/** Whom the sender speaks to: configuration and secret as they are at this moment, and how it went last. */
export class HubPeers {
  private readonly seen = new Map<string, Reachability>();

  constructor(
    private readonly nodes: Nodes,
    private readonly materials: NodeMaterials,
    private readonly clock: Clock,
  ) {}

  /**
   * @param known the nodes as they were just read
   * @throws {MaterialUnreadable} where the site's secret is gone.
   */
  async peer(targetNodeKey: string, sourceNodeKey: string, known?: readonly KnownNode[]): Promise<HubPeer> {
    const nodes = known ?? (await this.nodes.all());
    const [hub, site] = await Promise.all([this.document(nodes, targetNodeKey), this.document(nodes, sourceNodeKey)]);
    if (hub.role !== 'central_hub' || site.role !== 'site_node')
      throw new Error('A transfer names nodes of other roles.');
    return { nodeKey: targetNodeKey, document: hub, sourceNodeKey, secret: await this.materials.secretOf(site) };
  }

  observe(nodeKey: string, answer: HubAnswer): void {
    // Trouble with our own media says nothing of the hub.
    if (answer.kind === 'aborted' || (answer.kind === 'not_sent' && OWN_FAULTS.includes(answer.code))) return;
    const reachable = answer.kind === 'answered';
    const code = reachable ? null : answer.code;
    const before = this.seen.get(nodeKey);
    const since = before?.reachable === reachable ? before.since : this.clock.now().toISOString();
    this.seen.set(nodeKey, { reachable, code, since });
  }

  reachability(nodeKey: string): Reachability | null {
    return this.seen.get(nodeKey) ?? null;
  }

  private async document(nodes: readonly KnownNode[], nodeKey: string) {
    const known = nodes.find(({ facts }) => facts.node_key === nodeKey);
    if (known === undefined) throw new Error('A transfer names a node that is not recorded.');
    return this.nodes.documentOf(known.facts);
  }
}

/** Broken off by ourselves in the middle of a body. */
const OWN_FAULTS: readonly NotSentCode[] = [
  'media_missing',
  'media_unreadable',
  'media_changed',
  'media_kind_mismatch',
  'media_source_unavailable',
  'media_source_refused',
  'media_too_large',
  'staged_envelope_lost',
];
