import {
  type Actor,
  type FrozenIntent,
  type HoldReason,
  type QueueReason,
  type TransferEvent,
  transferStream,
} from '@hub-export/contracts';
import { EVENT_STORE, type EventStore, handle, type Handled } from '@hub-export/event-store';
import { Refusal } from '@hub-export/event-sourcing';
import { type Transfer, type TransferCommand, transferDecider } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import type { CommandContext } from './command-context.js';
import { Freezer } from './freezer.service.js';
import { type Situation, Situations } from './situation.service.js';

export type TransferOutcome = Handled<Transfer, TransferEvent>;

/** Load, decide, append: the commands that people, policies and the site's changes give to a transfer. */
@Injectable()
export class Transfers {
  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly situations: Situations,
    private readonly freezer: Freezer,
  ) {}

  /**
   * `marked -> queued` and `failed -> queued`, under every rule of eligibility and readiness.
   * @param priority from 0 to 9, the higher the sooner; without it the transfer keeps the one it has
   * @throws {Refusal} with the rule's code; `not_ready` while an operational requirement fails.
   */
  async queue(
    transferId: string,
    reason: QueueReason,
    by: Actor,
    context: CommandContext,
    priority?: number,
  ): Promise<TransferOutcome> {
    let situation: Situation | null = null;
    const command = async (): Promise<TransferCommand> => {
      const transfer = await this.situations.transfer(transferId);
      const at = this.clock.now().toISOString();
      if (transfer.status === 'not_marked') return queueCommand(at, by, reason, UNASKED, null, priority);
      situation = await this.situations.of(transfer.intent);
      if (transfer.status === 'marked' || transfer.status === 'failed') requireReady(situation);
      const frozen = await this.freeze(transfer, situation);
      return queueCommand(at, by, reason, situation.eligibility, frozen, priority);
    };
    const digest = priority === undefined ? `queue:${reason}` : `queue:${reason}:${priority}`;
    const reliesOn = () => situation?.reliesOn ?? [];
    return this.handle(transferId, command, { ...context, digest, reliesOn });
  }

  hold(transferId: string, reason: HoldReason, by: Actor, context: CommandContext): Promise<TransferOutcome> {
    const command = { type: 'HoldTransfer', reason, by, at: this.clock.now().toISOString() } as const;
    return this.handle(transferId, command, { ...context, digest: `hold:${reason}` });
  }

  release(transferId: string, reason: HoldReason, by: Actor, context: CommandContext): Promise<TransferOutcome> {
    const command = { type: 'ReleaseTransfer', reason, by, at: this.clock.now().toISOString() } as const;
    return this.handle(transferId, command, { ...context, digest: `release:${reason}` });
  }

  private async freeze(
    transfer: Exclude<Transfer, { status: 'not_marked' }>,
    situation: Situation,
  ): Promise<FrozenIntent | null> {
    const { resource, eligibility, readiness } = situation;
    const needsIt = transfer.status === 'marked' || transfer.status === 'failed';
    if (!needsIt || !eligibility.eligible || resource.status !== 'present') return null;
    // What the hub may hold is sent again as it is, so nothing is built that would only be thrown away.
    if (transfer.status === 'failed' && transfer.progress.bound) {
      return { ...transfer.frozen, media_sha256: resource.facts.processed_media.sha256 ?? '' };
    }
    const profile = readiness.hub?.profile ?? null;
    if (profile === null) return null;
    return this.freezer.freeze(transfer.intent, resource.facts, resource.version, profile);
  }

  private handle(
    transferId: string,
    command: TransferCommand | (() => Promise<TransferCommand>),
    options: Parameters<typeof handle>[4],
  ): Promise<TransferOutcome> {
    return handle<Transfer, TransferCommand, TransferEvent>(
      this.events,
      transferDecider,
      transferStream(transferId),
      command,
      options,
    );
  }
}

/** Nothing was read, since nothing is marked; the decider refuses before it would look at this. */
const UNASKED = { eligible: true, resourceVersion: 0 } as const;

function queueCommand(
  at: string,
  by: Actor,
  reason: QueueReason,
  eligibility: Situation['eligibility'],
  frozen: FrozenIntent | null,
  priority: number | undefined,
): TransferCommand {
  const asked = priority === undefined ? {} : { priority };
  return { type: 'QueueTransfer', at, by, reason, eligibility, frozen, ...asked };
}

/** "If any of these are missing, the UI and sender worker must refuse to start transfer work." */
function requireReady({ readiness }: Situation): void {
  const failed = readiness.requirements.find(({ passed }) => !passed);
  if (failed !== undefined) throw new Refusal('not_ready', `${failed.message} ${failed.remedy}`);
}
