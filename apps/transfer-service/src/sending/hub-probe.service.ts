import type { Actor } from '@hub-export/contracts';
import { Problem } from '@hub-export/http-edge';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Nodes } from '../node/nodes.service.js';
import { HubCircuits } from './hub-circuits.service.js';
import { HubClient } from './hub.client.js';
import { MaterialUnreadable } from '../node/watched-files.file.js';
import { HubPeers } from './hub-peers.service.js';

export interface ProbeResult {
  readonly node_key: string;
  /** The hub answered as a hub that knows no such transfer: address, certificates and path are right. */
  readonly reachable: boolean;
  readonly code: string | null;
  readonly http_status: number | null;
  readonly duration_ms: number;
}

const PROBE_LIMIT_MS = 15_000;

/** Asks a hub for a transfer that cannot exist: the one call that changes nothing and needs no transfer. */
@Injectable()
export class HubProbe {
  constructor(
    private readonly nodes: Nodes,
    private readonly peers: HubPeers,
    private readonly hub: HubClient,
    private readonly circuits: HubCircuits,
  ) {}

  /** @throws {Problem} 404 `unknown_node`; 409 `not_a_hub`, `no_active_site_node`, `secret_missing` */
  async probe(node_key: string, by: Actor): Promise<ProbeResult> {
    const { facts } = await this.nodes.one(node_key);
    if (facts.role !== 'central_hub') throw new Problem(409, 'not_a_hub', 'Only a central hub can be asked.');
    const { siteNode } = await this.nodes.readiness(node_key);
    if (siteNode === null)
      throw new Problem(409, 'no_active_site_node', 'Without an active site node there is nobody to ask as.');

    const startedAt = performance.now();
    const peer = await this.peers.peer(node_key, siteNode.node_key).catch(asProblem);
    const transferKey = `${siteNode.node_key}__probe__${randomUUID()}`;
    const answer = await this.hub.status({
      peer,
      transferKey,
      requestId: randomUUID(),
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
    });
    this.peers.observe(node_key, answer);
    const duration_ms = Math.round(performance.now() - startedAt);
    if (answer.kind !== 'answered') {
      const code = answer.kind === 'aborted' ? 'total_timeout' : answer.code;
      return { node_key, reachable: false, code, http_status: null, duration_ms };
    }
    const isHub = answer.status === 404 && answer.document !== null;
    // A person looked and found it well.
    if (isHub) await this.circuits.close(node_key, by);
    return {
      node_key,
      reachable: isHub,
      code: isHub ? null : 'unexpected_hub_answer',
      http_status: answer.status,
      duration_ms,
    };
  }
}

function asProblem(error: unknown): never {
  if (!(error instanceof MaterialUnreadable)) throw error;
  throw new Problem(409, 'secret_missing', 'The secret of the site node cannot be read.', { cause: error });
}
