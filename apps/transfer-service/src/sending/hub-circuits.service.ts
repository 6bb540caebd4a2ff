import { type Actor, type CircuitEvent, circuitStream, systemActor } from '@hub-export/contracts';
import { EVENT_STORE, type EventStore, handle } from '@hub-export/event-store';
import { errorFields, LOG, type Log } from '@hub-export/http-edge';
import { type Circuit, type CircuitCommand, circuitDecider } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { CLOCK, type Clock } from '../clock.js';
import { NetworkView } from '../node/network-view.query.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import { hubSign, TROUBLE_IN_A_ROW } from './hub-sign.js';

const SENDER: Actor = systemActor('sender');

/**
 * The circuits of all hubs. Whether one is open is a fact of the log, so it holds over all processes and restarts; how
 * many calls in a row failed is known to each process for itself.
 */
@Injectable()
export class HubCircuits {
  private readonly inARow = new Map<string, number>();

  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
    private readonly network: NetworkView,
  ) {}

  async of(nodeKey: string): Promise<Circuit> {
    return (await this.all()).get(nodeKey) ?? circuitDecider.initialState;
  }

  /** As the view has them now. */
  all(): Promise<ReadonlyMap<string, Circuit>> {
    return this.network.circuits();
  }

  /**
   * Draws from an answer what it says of the hub.
   * @returns whether the call met trouble of the hub that its circuit is open for, so that no transfer is to blame
   */
  async observe(nodeKey: string, call: HubCall, answer: HubAnswer): Promise<boolean> {
    const sign = hubSign(call, answer);
    if (sign.says === 'nothing') return false;
    if (sign.says !== 'trouble') {
      this.inARow.delete(nodeKey);
      if (sign.says === 'well' && (await this.of(nodeKey)).status === 'open') await this.close(nodeKey, SENDER);
      return false;
    }
    const times = (this.inARow.get(nodeKey) ?? 0) + 1;
    this.inARow.set(nodeKey, times);
    const isOpen = (await this.of(nodeKey)).status === 'open';
    const opens = sign.opens === 'at_once' || times >= TROUBLE_IN_A_ROW;
    if (opens && !isOpen) {
      await this.turn({ type: 'OpenCircuit', node_key: nodeKey, code: sign.code, ...this.stamp(SENDER) });
    }
    return sign.opens === 'when_repeated' && (isOpen || opens);
  }

  async close(nodeKey: string, by: Actor): Promise<void> {
    this.inARow.delete(nodeKey);
    await this.turn({ type: 'CloseCircuit', node_key: nodeKey, ...this.stamp(by) });
  }

  /** The alert is told once: by the process whose command brought the fact about. */
  private async turn(command: CircuitCommand): Promise<void> {
    const { node_key } = command;
    try {
      const stream = circuitStream(node_key);
      const { events } = await handle<Circuit, CircuitCommand, CircuitEvent>(
        this.events,
        circuitDecider,
        stream,
        command,
        { key: randomUUID(), correlationId: randomUUID(), causationId: null },
      );
      for (const event of events) {
        if (event.type === 'HubCircuitOpened')
          this.log.error({ event: 'hub_circuit_opened', node_key, code: event.code });
        else this.log.warn({ event: 'hub_circuit_closed', node_key });
      }
    } catch (error) {
      // What happened to the transfer must be recorded all the same; the next answer tells of the hub again.
      this.log.error({ event: 'hub_circuit_not_recorded', node_key, ...errorFields(error) });
    }
  }

  private stamp(by: Actor) {
    return { at: this.clock.now().toISOString(), by };
  }
}
