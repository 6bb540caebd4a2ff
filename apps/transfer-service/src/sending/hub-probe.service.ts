import type { Actor } from '@hub-export/contracts';
import { Problem } from '@hub-export/http-edge';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { CLOCK, type Clock } from '../clock.js';
import { Nodes } from '../node/nodes.service.js';
import { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { NO_TRANSFER } from './circuit-probe.worker.js';
import { probeConnection } from './connection-probe.client.js';
import type { HubAnswer } from './hub-answer.js';
import { HubCircuits } from './hub-circuits.service.js';
import { HubClient, type HubPeer } from './hub.client.js';
import { MaterialUnreadable } from '../node/watched-files.file.js';
import { HubPeers } from './hub-peers.service.js';
import {
  allSteps,
  certificateStep,
  credentialsStep,
  type ProbeStep,
  type Timed,
  transfersStep,
} from './probe-steps.js';

/** How long each step of connecting may take, in milliseconds. */
export const PROBE_CONNECT_TIMEOUT_MS = Symbol('probe connect timeout');

export interface ProbeResult {
  readonly node_key: string;
  /** The hub answered as a hub that knows no such transfer, and no step failed. */
  readonly reachable: boolean;
  readonly code: string | null;
  readonly http_status: number | null;
  readonly duration_ms: number;
  /** Each step of the way, in its order. */
  readonly steps: readonly ProbeStep[];
  /** In how many whole days the hub's certificate ends; `null` where it was not seen or not trusted. */
  readonly hub_certificate_days_left: number | null;
  /** In how many whole days ours ends, below 0 where it has; `null` where it cannot be read. */
  readonly client_certificate_days_left: number | null;
}

const PROBE_LIMIT_MS = 15_000;
const DAY_MS = 86_400_000;

/** Walks the way to a hub step by step, with questions that change nothing and need no transfer. */
@Injectable()
export class HubProbe {
  constructor(
    private readonly nodes: Nodes,
    private readonly peers: HubPeers,
    private readonly hub: HubClient,
    private readonly circuits: HubCircuits,
    private readonly waiting: WaitingTransfers,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PROBE_CONNECT_TIMEOUT_MS) private readonly connectTimeoutMs: number,
  ) {}

  /** @throws {Problem} 404 `unknown_node`; 409 `not_a_hub`, `no_active_site_node`, `base_url_not_allowed`, `secret_missing` */
  async probe(node_key: string, by: Actor): Promise<ProbeResult> {
    const { facts } = await this.nodes.one(node_key);
    if (facts.role !== 'central_hub') throw new Problem(409, 'not_a_hub', 'Only a central hub can be asked.');
    const { siteNode } = await this.nodes.readiness(node_key);
    if (siteNode === null)
      throw new Problem(409, 'no_active_site_node', 'Without an active site node there is nobody to ask as.');

    const material = await this.nodes.materialOf(facts);
    if (material.faults.includes('base_url_not_allowed'))
      throw new Problem(409, 'base_url_not_allowed', 'The hub is at an address or port that HUB_HOSTS does not allow.');

    const startedAt = performance.now();
    const peer = await this.peers.peer(node_key, siteNode.node_key).catch(asProblem);
    const connection = await probeConnection(peer.document, this.connectTimeoutMs);
    const days = {
      hub_certificate_days_left: this.daysLeft(connection.certificateEndsAt),
      client_certificate_days_left: this.nodes.daysLeft(material),
    };
    const asked = await this.ask(peer, await this.knownKey(peer), material.faults[0] ?? null, connection.steps);
    this.peers.observe(node_key, asked.answer);
    const steps = allSteps([...connection.steps, ...asked.steps]);
    const code = steps.find(({ outcome }) => outcome === 'failed')?.code ?? unexpected(asked.answer);
    // A person looked and found it well.
    if (code === null) await this.circuits.close(node_key, by);
    return {
      node_key,
      reachable: code === null,
      code,
      http_status: asked.answer.kind === 'answered' ? asked.answer.status : null,
      duration_ms: Math.round(performance.now() - startedAt),
      steps,
      ...days,
    };
  }

  /** Three questions: for a transfer that cannot exist, for one that the hub knows, and a registration of nothing. */
  private async ask(
    peer: HubPeer,
    knownKey: string | null,
    fault: string | null,
    connection: readonly ProbeStep[],
  ): Promise<{ readonly answer: HubAnswer; readonly steps: readonly ProbeStep[] }> {
    const context = (transferKey: string) => ({
      peer,
      transferKey,
      requestId: randomUUID(),
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
    });
    const unknown = `${peer.sourceNodeKey}__probe__${randomUUID()}`;
    const base = await timed(this.hub.status(context(unknown)));
    const certificate = certificateStep(base, fault);
    // A finding of the handshake says more than the call that met the same.
    const own = connection.some(({ step }) => step === 'client_certificate') ? [] : [certificate];
    if (connection.some(({ outcome }) => outcome !== 'passed') || certificate.outcome !== 'passed') {
      const isOnTheWay = connection.every(({ outcome }) => outcome === 'passed');
      return { answer: base.answer, steps: isOnTheWay ? own : [] };
    }
    const known = knownKey === null ? null : await timed(this.hub.status(context(knownKey)));
    const registration = await timed(this.hub.create(context(unknown), NO_TRANSFER));
    return { answer: base.answer, steps: [...own, credentialsStep(known), transfersStep(registration)] };
  }

  private knownKey({ nodeKey, sourceNodeKey }: HubPeer): Promise<string | null> {
    return this.waiting.keyKnownTo({ target_node_key: nodeKey, source_node_key: sourceNodeKey });
  }

  private daysLeft(endsAt: string | null): number | null {
    return endsAt === null ? null : Math.floor((Date.parse(endsAt) - this.clock.now().getTime()) / DAY_MS);
  }
}

async function timed(call: Promise<HubAnswer>): Promise<Timed> {
  const startedAt = performance.now();
  const answer = await call;
  return { answer, durationMs: Math.round(performance.now() - startedAt) };
}

/** What is wrong with the answer to a question for a transfer that cannot exist; `null` where a hub says just that. */
function unexpected(answer: HubAnswer): string | null {
  if (answer.kind === 'answered') {
    return answer.status === 404 && answer.document !== null ? null : 'unexpected_hub_answer';
  }
  return answer.kind === 'aborted' ? 'total_timeout' : answer.code;
}

function asProblem(error: unknown): never {
  if (!(error instanceof MaterialUnreadable)) throw error;
  throw new Problem(409, 'secret_missing', 'The secret of the site node cannot be read.', { cause: error });
}
