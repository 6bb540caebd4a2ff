import { sha256Hex } from '@hub-export/contracts';
import { unreachable } from '@hub-export/event-sourcing';
import { type Transfer, WORKER_LOST } from '@hub-export/transfer-life';
import type { Standing } from '../transfer/situation.service.js';
import { AttemptCalls } from './attempt-calls.client.js';
import { failureOf, reservationOf } from './attempt-failure.js';
import { AttemptOutcome } from './attempt-outcome.worker.js';
import type { AttemptLease, AttemptParts, Running } from './attempt-parts.js';
import { AttemptRecord } from './attempt-record.worker.js';
import type { CallContext } from './hub.client.js';
import { isNotPrepared, type MediaToSend } from './hub-protocol.js';
import type { SendProgress } from './metered-body.stream.js';
import { nextStep, type Step } from './next-step.js';

/** A life has few steps; a run that takes more goes round in circles. */
const STEPS_MAX = 12;

const CONFLICT = 409;

/** How often it is asked again where what an upload relies on changes while it is to begin. */
const ASKS_AGAIN_MAX = 3;

/**
 * Takes one transfer as far as it goes: registers, uploads, verifies. Everything that happens is first a fact of the
 * log; what follows from an answer is told by `reaction-table.ts`.
 */
export class Attempt {
  private readonly record: AttemptRecord;
  private readonly calls: AttemptCalls;
  private readonly outcome: AttemptOutcome;
  /** Whether the running attempt was begun by this very run. */
  private mine = false;
  /** What the log confirmed with the start of this attempt, for the request that follows at once. */
  private confirmed: Standing | null = null;

  constructor(
    private readonly parts: AttemptParts,
    private readonly transferId: string,
    private readonly lease: AttemptLease,
  ) {
    this.record = new AttemptRecord(parts, transferId, lease);
    this.calls = new AttemptCalls(parts, transferId, lease);
    const { record, calls } = this;
    this.outcome = new AttemptOutcome({ record, calls, lease, pollMs: parts.busyHub.pollMs });
  }

  /** The state in which it was left. @throws {Fenced} where the lease was lost. */
  async run(): Promise<Transfer> {
    let state = await this.record.read();
    for (let step = 0; step < STEPS_MAX && !this.lease.signal.aborted; step += 1) {
      const before = state;
      state = await this.take(this.stepFrom(before), before);
      if (state === before) return state;
    }
    return state;
  }

  private stepFrom(state: Transfer): Step {
    const step = nextStep(state, this.mine);
    return this.lease.asksOnly && step !== 'ask' ? 'nothing' : step;
  }

  private async take(step: Step, state: Transfer): Promise<Transfer> {
    switch (step) {
      case 'start':
        return this.start(state as Extract<Transfer, { status: 'queued' }>);
      case 'ask':
        return this.ask(state as Running);
      case 'register':
        return this.register(state as Running);
      case 'upload':
        return this.upload(state as Extract<Transfer, { status: 'awaiting_media' }>);
      case 'nothing':
        return state;
      default:
        return unreachable(step);
    }
  }

  /** "The sender is submitting transfer metadata": the intent is a fact before the first request. */
  private async start(state: Extract<Transfer, { status: 'queued' }>): Promise<Transfer> {
    const [situation, circuit] = await Promise.all([
      this.parts.situations.of(state.intent),
      // Not relied on, since a start that crosses with its opening does no harm.
      this.parts.circuits.of(state.intent.target_node_key),
    ]);
    const { readiness, egress, eligibility, reliesOn } = situation;
    // What is closed or not ready is found out again by a later round; nothing is written of it here.
    if (!readiness.ready || !egress.open) return state;
    if (circuit.status === 'open' && !this.lease.isTrial) return state;
    if (!eligibility.eligible) return this.record.held(reliesOn);
    const started = await this.record.registrationStarted(eligibility, reliesOn);
    this.mine = true;
    this.confirmed = situation;
    return started;
  }

  /** Ask before you send again: after a lost answer, or where somebody else left off. */
  private async ask(state: Running): Promise<Transfer> {
    // While egress is stopped not even a question leaves the house.
    if (!(await this.parts.situations.standing(state.intent)).egress.open) return state;
    const isLeftBehind = !state.progress.askFirst;
    // A worker vanished between its request and the record of its answer.
    const lost = { code: WORKER_LOST, http_status: null, bytes_sent: 0 };
    const current = isLeftBehind ? await this.record.outcomeUnknown(state, lost) : state;
    this.mine = true;
    const reaction = await this.calls.question(current);
    return this.outcome.ofFirstQuestion(current, reaction, isLeftBehind ? 'worker_lost' : 'transient');
  }

  private async register(state: Running): Promise<Transfer> {
    // Where the attempt was not begun a moment ago, all that was true then is asked again: its worker may have died since.
    const standing = this.confirmed ?? (await this.parts.situations.standing(state.intent));
    this.confirmed = null;
    if (!standing.egress.open) return state;
    const reservation = reservationOf(standing, state.frozen);
    if (reservation !== null) return this.record.failed(state, reservation, 0);
    const payload = await this.parts.freezer.payloadText(state.frozen);
    if (sha256Hex(payload) !== state.frozen.payload_digest) throw new Error('A frozen payload has another digest.');
    const reaction = await this.calls.create(state, payload, await this.calls.context(state, standing.nodes));
    switch (reaction.do) {
      case 'upload':
        return this.record.accepted(state, reaction);
      case 'complete':
        return this.record.completed(state, reaction, 0);
      case 'fail':
        if (reaction.http_status === CONFLICT) await this.askWhatConflicts(state);
        return this.record.failed(state, reaction, 0);
      default:
        return this.outcome.ofSending(state, reaction, 0);
    }
  }

  /** Nothing follows from it, whatever the hub says: a conflict is for a person, who finds the answer in the history. */
  private async askWhatConflicts(state: Running): Promise<void> {
    const reaction = await this.calls.question(state);
    if (reaction.do === 'register') await this.record.told(state, null, reaction.http_status);
    if (reaction.do === 'upload' || reaction.do === 'complete') {
      await this.record.told(state, reaction.document.transfer_status, reaction.http_status);
    }
  }

  /** Eligibility is asked once more before the first media byte, and the start is a fact before it leaves. */
  private async upload(state: Extract<Transfer, { status: 'awaiting_media' }>): Promise<Transfer> {
    this.mine = true;
    const standing = await this.parts.situations.standing(state.intent);
    const context = await this.calls.context(state, standing.nodes);
    // What was registered for one kind of hub is never sent as another kind wants it: sealed stays sealed.
    if (context.peer.document.profile !== state.frozen.profile) {
      return this.record.failed(state, failureOf('configuration', 'hub_profile_changed'), 0);
    }
    const reservation = reservationOf(standing, state.frozen);
    if (reservation !== null) return this.record.failed(state, reservation, 0);
    const transfer = { ...state, resource: standing.resource };
    const media = await this.calls.protocolOf(state).prepare(transfer, context.peer, this.lease.signal);
    if (isNotPrepared(media)) return this.outcome.ofSending(state, await this.calls.notPrepared(state, media), 0);
    try {
      return await this.uploadPrepared(state, standing, context, media);
    } finally {
      await media.close();
    }
  }

  /**
   * Making media ready takes its time. That what was asked before still holds is told by the log, which takes the start
   * only where nothing that it relies on was written anew; else it is asked again.
   */
  private async uploadPrepared(
    state: Running,
    { eligibility, egress, reliesOn }: Standing,
    context: CallContext,
    media: MediaToSend,
    asksLeft = ASKS_AGAIN_MAX,
  ): Promise<Transfer> {
    if (!egress.open) return state;
    if (!eligibility.eligible) {
      return this.record.failed(state, failureOf('ineligible', eligibility.reasons[0].code), 0);
    }
    const started = await this.record.uploadStarted(state, eligibility, reliesOn);
    if (started !== null) return this.send(started, context, media);
    if (asksLeft === 0) return state;
    const anew = await this.parts.situations.standing(state.intent);
    return this.uploadPrepared(state, anew, context, media, asksLeft - 1);
  }

  private async send(state: Running, context: CallContext, media: MediaToSend): Promise<Transfer> {
    const progress: SendProgress = { bytesSent: 0 };
    const stopTelling = this.parts.live.follow(state.intent, state.frozen.media_size, progress);
    try {
      const reaction = await this.calls.upload(state, context, media, progress);
      if (reaction.do === 'complete') return await this.record.completed(state, reaction, progress.bytesSent);
      return await this.outcome.ofSending(state, reaction, progress.bytesSent);
    } finally {
      stopTelling();
    }
  }
}
