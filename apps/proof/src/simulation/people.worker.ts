import {
  EGRESS_STREAM,
  type ResourceEvent,
  type ResourceFacts,
  resourceStream,
  systemActor,
  type TransferEvent,
  transferStream,
  userActor,
} from '@hub-export/contracts';
import { isRefusal } from '@hub-export/event-sourcing';
import { handle } from '@hub-export/event-store';
import {
  egressDecider,
  type Intent,
  type Resource,
  type ResourceCommand,
  resourceDecider,
  type Transfer,
  type TransferCommand,
  transferDecider,
} from '@hub-export/transfer-life';
import type { Ground } from './ground.store.js';
import { transfersOf } from './sender-parts.worker.js';
import { snapshotAt, TRANSFERS } from './simulated-resources.js';
import { ROUND_MS_MAX } from './workforce.worker.js';

const OPERATOR = userActor('operator-1', 'Operator One');
const MENDED_BY_TIME = ['not_anonymized', 'state_not_accepted_by_hub', 'ineligible'];

/** Whoever orders something in a life: the site, operators, the policies, and mischief. */
export class People {
  constructor(private readonly ground: Ground) {}

  /** The site reports its resources, before anything can go wrong. */
  async prepare(): Promise<void> {
    const { ground } = this;
    for (const [place, facts] of ground.facts.entries()) {
      await ground.documents.put(JSON.parse(JSON.stringify(snapshotAt(place))) as never);
      const command = { type: 'ReportResource', facts, at: ground.at(), by: systemActor('site_node') } as const;
      await handle<Resource, ResourceCommand, ResourceEvent>(
        ground.record,
        resourceDecider,
        resourceStream(facts.resource_kind, facts.resource_hash),
        command,
        ground.context(),
      );
    }
  }

  /** The retry policy, and what waits to be eligible again. */
  async policies(): Promise<void> {
    const name = 'policies';
    const { ground } = this;
    const transfers = transfersOf(ground, name);
    for (;;) {
      await ground.world.step(name, ground.random.integer(ROUND_MS_MAX));
      for (const { transfer_id } of ground.intents) {
        const state = ground.transferState(transfer_id);
        try {
          if (state.status === 'queued' && state.progress.held.includes('ineligible')) {
            await transfers.release(transfer_id, 'ineligible', systemActor('eligible_again'), ground.context());
          }
          if (state.status !== 'failed' || !state.failure.retryable) continue;
          const ineligible = state.failure.failure_class === 'ineligible';
          const { not_before } = state.failure;
          if (not_before !== null && Date.parse(not_before) > ground.world.now) continue;
          const reason = ineligible ? 'eligible_again' : 'retry_policy';
          await transfers.queue(transfer_id, reason, systemActor(reason), ground.context());
        } catch (error) {
          ground.judge(error);
        }
      }
    }
  }

  /** An operator marks, changes their mind, queues, holds and releases, each order said until it is answered. */
  async operator(place: number): Promise<void> {
    const name = `operator-${place}`;
    const { ground } = this;
    const { random, world } = ground;
    const { transfer_id } = ground.intents[place] as Intent;
    const transfers = transfersOf(ground, name);
    await this.mark(name, place, 'MarkResource');
    if (random.happens(0.3)) {
      await this.mark(name, place, 'UnmarkResource');
      await this.mark(name, place, 'MarkResource');
    }
    await this.untilAnswered(name, (key) => transfers.queue(transfer_id, 'operator', OPERATOR, ground.context(key)));
    for (let times = random.integer(3); times > 0; times -= 1) {
      await world.step(name, random.integer(2_000));
      await this.untilAnswered(name, (key) => transfers.hold(transfer_id, 'operator', OPERATOR, ground.context(key)));
      await world.step(name, random.integer(1_000));
      await this.untilAnswered(name, (key) =>
        transfers.release(transfer_id, 'operator', OPERATOR, ground.context(key)),
      );
    }
  }

  /** Egress is stopped and resumed; resources become ineligible, and eligible again. */
  async mischief(): Promise<void> {
    const name = 'mischief';
    const { ground } = this;
    const { random } = ground;
    while (ground.isTroubled) {
      await ground.world.step(name, 500 + random.integer(3_000));
      if (!ground.isTroubled) return;
      if (random.happens(0.3)) await this.turnEgress(name, random.happens(0.4) ? 'StopEgress' : 'ResumeEgress');
      else if (random.happens(0.4)) {
        const state = random.happens(0.5) ? 'STARTED' : 'VALIDATED';
        await this.reportResource(name, random.integer(TRANSFERS), state);
      }
    }
  }

  /** Everything is open and eligible again. */
  async makePeace(): Promise<void> {
    const name = 'peace';
    await this.turnEgress(name, 'ResumeEgress');
    for (const place of this.ground.intents.keys()) await this.reportResource(name, place, 'VALIDATED');
  }

  private async mark(name: string, place: number, type: 'MarkResource' | 'UnmarkResource'): Promise<void> {
    const { ground } = this;
    const intent = ground.intents[place] as Intent;
    await this.untilAnswered(name, (key) => {
      const eligibility = ground.eligibility(ground.facts[place] as ResourceFacts);
      const order = { at: ground.at(), by: OPERATOR };
      const command: TransferCommand =
        type === 'MarkResource' ? { type, ...order, intent, eligibility } : { type, ...order };
      const stream = transferStream(intent.transfer_id);
      return handle<Transfer, TransferCommand, TransferEvent>(ground.store(name), transferDecider, stream, command, {
        ...ground.context(key),
        digest: type,
      });
    });
  }

  private async turnEgress(name: string, type: 'StopEgress' | 'ResumeEgress'): Promise<void> {
    const { ground } = this;
    await this.untilAnswered(name, (key) =>
      handle(
        ground.store(name),
        egressDecider,
        EGRESS_STREAM,
        { type, at: ground.at(), by: OPERATOR },
        { ...ground.context(key), digest: type },
      ),
    );
  }

  private async reportResource(name: string, place: number, anonymization_state: string): Promise<void> {
    const { ground } = this;
    const facts = ground.facts[place] as ResourceFacts;
    await this.untilAnswered(name, (key) => {
      const { version } = ground.resourceState(facts);
      const command = {
        type: 'ReportResource',
        facts: { ...facts, anonymization_state, source_version: facts.source_version + version } as ResourceFacts,
        at: ground.at(),
        by: systemActor('site_node'),
      } as const;
      const stream = resourceStream(facts.resource_kind, facts.resource_hash);
      return handle<Resource, ResourceCommand, ResourceEvent>(ground.store(name), resourceDecider, stream, command, {
        ...ground.context(key),
        digest: anonymization_state,
      });
    });
  }

  /** Says an order with the same key until it is answered; a refusal is an answer, but for what time mends. */
  private async untilAnswered(name: string, order: (key: string) => Promise<unknown>): Promise<void> {
    const { ground } = this;
    for (let key = ground.newKey(); ;) {
      try {
        await order(key);
        return;
      } catch (error) {
        if (isRefusal(error) && !MENDED_BY_TIME.includes(String(error.code))) return;
        if (isRefusal(error)) key = ground.newKey();
        else ground.judge(error);
      }
      await ground.world.step(name, 200);
    }
  }
}
