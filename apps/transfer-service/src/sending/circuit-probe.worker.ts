import { type Actor, systemActor } from '@hub-export/contracts';
import type { LeaseStore } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import { probeEveryMs } from '@hub-export/transfer-life';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { isAnswerWell, probeQuestion } from './circuit-question.js';
import type { HubAnswer } from './hub-answer.js';
import type { HubCircuits } from './hub-circuits.service.js';
import type { HubClient } from './hub.client.js';
import type { HubPeers } from './hub-peers.service.js';
import type { StandingWay } from './ways.service.js';

/** No probe runs longer, in milliseconds. */
const PROBE_LIMIT_MS = 15_000;
/** Of that for its place in the hub's pace, in milliseconds. */
const PLACE_WITHIN_MS = 5_000;
/** Where no question can tell, one transfer is let through so long after the circuit opened, and so often, at most. */
export const TRIAL_FIRST_MS = 60_000;
const TRIAL_CAP_MS = 900_000;

const PROBE: Actor = systemActor('circuit_probe');

type OpenCircuit = Extract<StandingWay['circuit'], { status: 'open' }>;

/**
 * Asks hubs whose circuit is open whether they are well again. One process asks at a time and only as often as the rules
 * say: the lease under which it asks is not given back, it runs out when the next probe is due.
 */
export class CircuitProbe {
  private readonly holder = randomUUID();
  private readonly asking = new Map<string, Promise<void>>();
  /** Hubs that answer, but cannot tell whether they would let a transfer in. */
  private readonly undecided = new Set<string>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly parts: {
      readonly circuits: HubCircuits;
      readonly hub: HubClient;
      readonly peers: HubPeers;
      readonly waiting: WaitingTransfers;
      readonly leases: LeaseStore;
      readonly clock: Clock;
      readonly log: Log;
    },
  ) {}

  /** Begins to ask where it is time; a hub that does not answer keeps nobody waiting. */
  askDue(ways: readonly StandingWay[]): void {
    for (const way of ways) {
      const { target_node_key: nodeKey, circuit, ready, windowOpen } = way;
      if (circuit.status !== 'open') this.undecided.delete(nodeKey);
      if (circuit.status !== 'open' || !ready || !windowOpen || this.asking.has(nodeKey)) continue;
      const asking = this.ask(way, circuit)
        .catch((error: unknown) => {
          this.parts.log.warn({ event: 'hub_probe_failed', node_key: nodeKey, ...errorFields(error) });
        })
        .finally(() => this.asking.delete(nodeKey));
      this.asking.set(nodeKey, asking);
    }
  }

  /** Whether one transfer may be sent as a trial, since no question could tell; its turn is taken by `takeTrial`. */
  mayTry({ target_node_key: nodeKey, circuit }: StandingWay): boolean {
    return circuit.status === 'open' && this.undecided.has(nodeKey) && this.openForMs(circuit) >= TRIAL_FIRST_MS;
  }

  /**
   * Takes the turn of a trial, for a transfer that is there to be sent: the next one comes later, whatever becomes of it.
   * @returns how to give it back where the transfer could not be begun; `null` where it is no one's turn yet
   */
  async takeTrial(way: StandingWay): Promise<(() => Promise<void>) | null> {
    if (way.circuit.status !== 'open' || !this.mayTry(way)) return null;
    const { leases } = this.parts;
    const name = `circuit-trial:${way.target_node_key}`;
    const token = await leases.take(name, this.newHolder(), Math.min(TRIAL_CAP_MS, this.openForMs(way.circuit)));
    return token === null ? null : () => leases.release(name, token);
  }

  async stop(): Promise<void> {
    this.stopping.abort('stopping');
    await Promise.all(this.asking.values());
  }

  private async ask(way: StandingWay, circuit: OpenCircuit): Promise<void> {
    const nodeKey = way.target_node_key;
    const everyMs = probeEveryMs(circuit, this.parts.clock.now().toISOString());
    if ((await this.parts.leases.take(`circuit-probe:${nodeKey}`, this.newHolder(), everyMs)) === null) return;
    const question = probeQuestion(circuit.code, await this.parts.waiting.keyKnownTo(way));
    const answer = await this.call(way, question);
    this.parts.peers.observe(nodeKey, answer);
    const verdict = isAnswerWell(question, answer);
    if (verdict === 'well') await this.parts.circuits.close(nodeKey, PROBE);
    if (verdict === 'undecided') this.undecided.add(nodeKey);
    else this.undecided.delete(nodeKey);
  }

  private async call(way: StandingWay, question: ReturnType<typeof probeQuestion>): Promise<HubAnswer> {
    const context = {
      peer: await this.parts.peers.peer(way.target_node_key, way.source_node_key),
      transferKey: question.transferKey ?? `${way.source_node_key}__probe__${randomUUID()}`,
      requestId: `probe-${randomUUID()}`,
      signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(PROBE_LIMIT_MS)]),
      // A place that a probe cannot wait for would be lost, and each lost one would put the next further away.
      placeWithinMs: PLACE_WITHIN_MS,
    };
    const { hub } = this.parts;
    return question.call === 'create' ? hub.create(context, NO_TRANSFER) : hub.status(context);
  }

  private openForMs({ since }: OpenCircuit): number {
    return this.parts.clock.now().getTime() - Date.parse(since);
  }

  /** Never the same twice: a lease is given again to who holds it, and this one must run out. */
  private newHolder(): string {
    return `${this.holder}:${randomUUID()}`;
  }
}

/** A registration that no hub can take: what is switched on refuses it, and nothing is stored (hub contract 3.1). */
export const NO_TRANSFER = '{}';
