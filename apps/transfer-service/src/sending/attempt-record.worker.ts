import { type Actor, documentDigest, systemActor, type TransferEvent, transferStream } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { handle, type KnownStream, load, VersionConflict } from '@hub-export/event-store';
import {
  type Eligibility,
  isRunning,
  type Transfer,
  type TransferCommand,
  transferDecider,
} from '@hub-export/transfer-life';
import { randomUUID } from 'node:crypto';
import { SealingFault } from '../sealing/sealing-fault.js';
import { expected } from './attempt-calls.client.js';
import { failureOf } from './attempt-failure.js';
import type { AttemptLease, AttemptParts, ReliesOn, Running } from './attempt-parts.js';
import type { Failure, Reaction } from './reaction.js';
import { acknowledgementOf } from './status-document.js';

const SENDER: Actor = systemActor('sender');

/**
 * Records what happens to one transfer under the lease's fencing token; a run that lost its lease writes nothing more.
 * Each fact is answered with the state after it.
 */
export class AttemptRecord {
  private readonly correlationId = randomUUID();
  /** As this run knows it from its last append: under the lease hardly anybody else writes the stream. */
  private known: KnownStream<Transfer> | undefined;

  constructor(
    private readonly parts: AttemptParts,
    private readonly transferId: string,
    private readonly lease: AttemptLease,
  ) {}

  /** The transfer as it stands in the log. */
  async read(): Promise<Transfer> {
    this.known = await load(this.parts.events, transferDecider, transferStream(this.transferId));
    return this.known.state;
  }

  /** It is queued and cannot be begun while it is ineligible. */
  held(reliesOn: ReliesOn): Promise<Transfer> {
    return this.append({ type: 'HoldTransfer', reason: 'ineligible', at: this.now(), by: SENDER }, reliesOn);
  }

  registrationStarted(eligibility: Eligibility, reliesOn: ReliesOn): Promise<Transfer> {
    const { token: lease_token } = this.lease;
    const begun = { at: this.now(), by: SENDER, attempt_id: randomUUID(), lease_token, eligibility };
    return this.append({ type: 'StartRegistration', ...begun }, reliesOn);
  }

  accepted(state: Running, { document }: Extract<Reaction, { do: 'upload' }>): Promise<Transfer> {
    const { hub_transfer_id, transfer_status: hub_status, processing_decision } = document;
    const accepted = { hub_transfer_id, hub_status, processing_decision };
    return this.append({ type: 'AcceptRegistration', ...this.report(state), ...accepted });
  }

  /** @returns `null` where something that it relies on is not any more as it was seen */
  async uploadStarted(state: Running, eligibility: Eligibility, reliesOn: ReliesOn): Promise<Running | null> {
    try {
      return requireRunning(await this.append({ type: 'StartUpload', ...this.report(state), eligibility }, reliesOn));
    } catch (error) {
      if (error instanceof VersionConflict && reliesOn.some(({ streamId }) => streamId === error.streamId)) return null;
      throw error;
    }
  }

  /** An answer was lost, or whoever waited for it was. */
  async outcomeUnknown(
    state: Running,
    what: { readonly code: string; readonly http_status: number | null; readonly bytes_sent: number },
  ): Promise<Running> {
    return requireRunning(await this.append({ type: 'RecordOutcomeUnknown', ...this.report(state), ...what }));
  }

  /** What the hub said of the transfer when it was asked; `null`: it knows none. */
  async told(state: Running, hub_status: string | null, http_status: number): Promise<Running> {
    const answer = hub_status === null ? 'not_found' : 'found';
    return requireRunning(
      await this.append({ type: 'RecordHubAnswer', ...this.report(state), answer, hub_status, http_status }),
    );
  }

  async completed(
    state: Running,
    { document, receipt }: Extract<Reaction, { do: 'complete' }>,
    bytes_sent: number,
  ): Promise<Transfer> {
    const acknowledgement = acknowledgementOf(document, expected(state), receipt);
    const acknowledgement_digest = documentDigest(acknowledgement);
    try {
      const proof = { acknowledgement, acknowledgement_digest, bytes_sent };
      const completed = await this.append({ type: 'CompleteTransfer', ...this.report(state), ...proof });
      await this.release(state);
      return completed;
    } catch (error) {
      // The rules do not take the hub's word for proof: that is a failure of the transfer, not of the program.
      if (!(error instanceof Refusal)) throw error;
      const { code } = error as Refusal;
      return this.failed(state, failureOf('integrity', code), bytes_sent);
    }
  }

  async failed(state: Running, failure: Failure, bytes_sent: number): Promise<Transfer> {
    const { failure_class, code, counted, http_status, retry_after_ms, alert } = failure;
    if (failure.outcome_unknown) await this.outcomeUnknown(state, { code, http_status, bytes_sent });
    const { retry, clock, log } = this.parts;
    const policy = { ...retry, attemptsMax: Math.min(retry.attemptsMax, failure.attempts_max ?? Infinity) };
    const what = { failure_class, code, counted, http_status, retry_after_ms, bytes_sent };
    const told = { ...this.report(state), ...what, policy, chance: clock.chance() };
    const failed = await this.append({ type: 'FailTransfer', ...told });
    if (alert !== undefined) {
      const { transferId: transfer_id } = this;
      log.error({ event: 'attention_needed', of: alert, transfer_id, failure_class, code });
    }
    if (failure.unseal === true) await this.release(state);
    return failed;
  }

  /** Only after the fact that makes it needless is on record; what stays by accident is swept away later. */
  private async release({ frozen }: Running): Promise<void> {
    await this.parts.protocols[frozen.profile].release(this.transferId).catch((error: unknown) => {
      if (!(error instanceof SealingFault)) throw error;
    });
  }

  /** What it relies on must still be as it was seen. @throws {Fenced} where the lease was lost. */
  private async append(command: TransferCommand, reliesOn: ReliesOn = []): Promise<Transfer> {
    this.known = await handle<Transfer, TransferCommand, TransferEvent>(
      this.parts.events,
      transferDecider,
      transferStream(this.transferId),
      command,
      {
        // Each step is decided once in this run; a repeated run decides anew from what is recorded.
        key: randomUUID(),
        correlationId: this.correlationId,
        causationId: null,
        reliesOn,
        fence: { lease: this.lease.name, token: this.lease.token },
      },
      this.known,
    );
    return this.known.state;
  }

  private report(state: Running) {
    const { attempts: attempt } = state.progress;
    return { at: this.now(), by: SENDER, attempt, attempt_id: state.attempt_id, lease_token: this.lease.token };
  }

  private now(): string {
    return this.parts.clock.now().toISOString();
  }
}

function requireRunning(state: Transfer): Running {
  if (isRunning(state)) return state;
  throw new Refusal('attempt_over', 'The attempt has ended meanwhile.');
}
