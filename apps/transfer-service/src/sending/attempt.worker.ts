import {
  type Actor,
  documentDigest,
  type FrozenIntent,
  sha256Hex,
  systemActor,
  transferStream,
} from '@hub-export/contracts';
import type { TransferEvent } from '@hub-export/contracts';
import { type EventStore, handle } from '@hub-export/event-store';
import { Refusal, unreachable } from '@hub-export/event-sourcing';
import {
  isRunning,
  type Resource,
  type RetryPolicy,
  type Transfer,
  type TransferCommand,
  transferDecider,
  WORKER_LOST,
} from '@hub-export/transfer-life';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@hub-export/http-edge';
import type { Clock } from '../clock.js';
import type { LiveFeed } from '../live/live-feed.service.js';
import { SealingFault } from '../sealing/sealing-fault.js';
import type { Freezer } from '../transfer/freezer.service.js';
import type { Situation, Situations } from '../transfer/situation.service.js';
import type { HubAnswer, HubCall } from './hub-answer.js';
import type { CallContext, HubClient } from './hub.client.js';
import type { HubCircuits } from './hub-circuits.service.js';
import type { HubPeers } from './hub-peers.service.js';
import { type HubProtocol, type HubProtocols, isNotPrepared, type MediaToSend } from './hub-protocol.js';
import type { SendProgress } from './metered-body.stream.js';
import { nextStep } from './next-step.js';
import { type Failure, type Reaction, reactionTo } from './reaction.js';
import { acknowledgementOf } from './status-document.js';

export interface AttemptParts {
  readonly events: EventStore;
  readonly situations: Situations;
  readonly freezer: Freezer;
  readonly peers: HubPeers;
  readonly circuits: HubCircuits;
  readonly hub: HubClient;
  readonly protocols: HubProtocols;
  readonly live: LiveFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly retry: RetryPolicy;
  readonly busyHub: BusyHub;
}

/** How long a hub that works on a transfer is waited for. */
export interface BusyHub {
  /** How often it is asked while an attempt waits, in milliseconds. */
  readonly pollMs: number;
  /** How long it holds a transfer for an upload that it never heard of again, in milliseconds. */
  readonly leaseMs: number;
}

/** The lease under which this run works, and what breaks it off. */
export interface AttemptLease {
  readonly name: string;
  readonly token: number;
  /** Aborted with an `AbortReason`. */
  readonly signal: AbortSignal;
  /** Begun although the hub's circuit is open, to find out whether it may close. */
  readonly isTrial: boolean;
  /** Nothing begins and no media moves: what was begun before is asked about, and recorded where it has ended. */
  readonly asksOnly: boolean;
  /** Called before anything is sent: aborts `signal` where the lease has ended and nobody noticed. */
  readonly check: () => void;
}

/** A life has few steps; a run that takes more goes round in circles. */
const STEPS_MAX = 12;
/** An attempt asks a busy hub so often; then it makes room for others and comes again. */
const POLLS_MAX = 12;

const CONFLICT = 409;

const SENDER: Actor = systemActor('sender');

type Running = Extract<Transfer, { status: 'registering' | 'awaiting_media' | 'uploading' }>;

/**
 * Takes one transfer as far as it goes: registers, uploads, verifies. Everything that happens is first a fact of the
 * log, written under the lease's fencing token; a run that lost its lease writes nothing more.
 */
export class Attempt {
  /** Whether the running attempt was begun by this very run. */
  private mine = false;
  /** Whether it was asked in this run after a lost answer, and knew nothing of what had been sent. */
  private askedInVain = false;

  constructor(
    private readonly parts: AttemptParts,
    private readonly transferId: string,
    private readonly lease: AttemptLease,
  ) {}

  /** The state in which it was left. @throws {Fenced} where the lease was lost. */
  async run(): Promise<Transfer> {
    let state = await this.parts.situations.transfer(this.transferId);
    for (let step = 0; step < STEPS_MAX && !this.lease.signal.aborted; step += 1) {
      const before = state;
      state = await this.step(before);
      if (state === before) return state;
    }
    return state;
  }

  private async step(state: Transfer): Promise<Transfer> {
    const next = nextStep(state, this.mine);
    const step = this.lease.asksOnly && next !== 'ask' ? 'nothing' : next;
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
    const situation = await this.parts.situations.of(state.intent);
    // What is closed or not ready is found out again by a later round; nothing is written of it here.
    if (!situation.readiness.ready || !situation.egress.open) return state;
    if (situation.circuit.status === 'open' && !this.lease.isTrial) return state;
    if (!situation.eligibility.eligible) {
      return this.record(
        { type: 'HoldTransfer', reason: 'ineligible', at: this.now(), by: SENDER },
        situation.reliesOn,
      );
    }
    const { eligibility, reliesOn } = situation;
    const started = await this.record(
      {
        type: 'StartRegistration',
        at: this.now(),
        by: SENDER,
        attempt_id: randomUUID(),
        lease_token: this.lease.token,
        eligibility,
      },
      reliesOn,
    );
    this.mine = true;
    return started;
  }

  /** Ask before you send again: after a lost answer, or where somebody else left off. */
  private async ask(state: Running): Promise<Transfer> {
    // While egress is stopped not even a question leaves the house.
    if (!(await this.parts.situations.of(state.intent)).egress.open) return state;
    let current: Running = state;
    const isLeftBehind = !state.progress.askFirst;
    if (isLeftBehind) {
      // A worker vanished between its request and the record of its answer.
      const lost = { code: WORKER_LOST, http_status: null, bytes_sent: 0 };
      current = requireRunning(await this.record({ type: 'RecordOutcomeUnknown', ...this.report(state), ...lost }));
    }
    this.mine = true;
    const reaction = await this.question(current);
    if (reaction.do === 'register') this.askedInVain = true;
    return this.reactToStatus(current, reaction, isLeftBehind ? 'worker_lost' : 'transient');
  }

  private async question(state: Running): Promise<Reaction> {
    return this.reactionTo('status', await this.parts.hub.status(await this.callContext(state)), state);
  }

  private async reactToStatus(
    state: Running,
    reaction: Reaction,
    failure_class: Failure['failure_class'] = 'transient',
  ): Promise<Transfer> {
    switch (reaction.do) {
      case 'register':
        await this.told(state, null, reaction.http_status);
        if (state.status === 'registering') return this.reload();
        return this.fail(state, notArrived(failure_class, reaction.http_status), 0);
      case 'upload':
        await this.told(state, reaction.document.transfer_status, reaction.http_status);
        if (state.status === 'registering') return this.accept(state, reaction.document);
        return this.fail(state, notArrived(failure_class, reaction.http_status), 0);
      case 'complete':
        await this.told(state, reaction.document.transfer_status, reaction.http_status);
        return this.complete(state, reaction, 0);
      case 'wait':
        return this.waitFor(state, reaction, failure_class);
      case 'ask':
      case 'leave':
        return state;
      case 'fail':
        return this.fail(state, reaction, 0);
      default:
        return unreachable(reaction);
    }
  }

  /**
   * "running, claimed, retry_wait: poll status, keep current state": the hub is asked again, within its lease. Not for
   * all of that time in one attempt, since others wait for its place; what it comes to then uses up no attempt.
   */
  private async waitFor(
    state: Running,
    busy: Extract<Reaction, { do: 'wait' }>,
    failure_class: Failure['failure_class'] = 'transient',
    bytes_sent = 0,
  ): Promise<Transfer> {
    const { pollMs } = this.parts.busyHub;
    // A live claim of a hub is renewed about so often (hub contract 5.2): sooner it tells nothing new.
    const pauseMs = pollMs * POLLS_MAX;
    let current = requireRunning(await this.told(state, busy.hub_status, busy.http_status));
    let { retry_after_ms } = busy;
    for (let poll = 0; poll < POLLS_MAX; poll += 1) {
      if (retry_after_ms !== null && retry_after_ms > pauseMs) break;
      // Broken off, the question finds out at once.
      await sleep(Math.max(pollMs, retry_after_ms ?? 0), undefined, { signal: this.lease.signal }).catch(
        () => undefined,
      );
      const reaction = await this.question(current);
      if (reaction.do !== 'wait') return this.reactToStatus(current, reaction, failure_class);
      if (reaction.hub_status !== busy.hub_status) {
        current = requireRunning(await this.told(current, reaction.hub_status, reaction.http_status));
      }
      ({ retry_after_ms } = reaction);
    }
    return this.fail(current, { ...busy.otherwise, retry_after_ms: retry_after_ms ?? pauseMs }, bytes_sent);
  }

  /** What the hub said of the transfer when it was asked; `null`: it knows none. */
  private told(state: Running, hub_status: string | null, http_status: number): Promise<Transfer> {
    const answer = hub_status === null ? 'not_found' : 'found';
    return this.record({ type: 'RecordHubAnswer', ...this.report(state), answer, hub_status, http_status });
  }

  private async register(state: Running): Promise<Transfer> {
    // A worker that died may have left it here long ago, so all that was true when the attempt began is asked again.
    const situation = await this.parts.situations.of(state.intent);
    if (!situation.egress.open) return state;
    const reservation = reservationOf(situation, state.frozen);
    if (reservation !== null) return this.fail(state, reservation, 0);
    const payload = await this.parts.freezer.payloadText(state.frozen);
    if (sha256Hex(payload) !== state.frozen.payload_digest) throw new Error('A frozen payload has another digest.');
    const answer = await this.parts.hub.create(await this.callContext(state), payload);
    const reaction = await this.reactionTo('create', answer, state);
    switch (reaction.do) {
      case 'upload':
        return this.accept(state, reaction.document);
      case 'complete':
        return this.complete(state, reaction, 0);
      case 'fail':
        if (reaction.http_status === CONFLICT) await this.askWhatConflicts(state);
        return this.fail(state, reaction, 0);
      default:
        return this.reactToSending(state, reaction, 0);
    }
  }

  /** Nothing follows from it, whatever the hub says: a conflict is for a person, who finds the answer in the history. */
  private async askWhatConflicts(state: Running): Promise<void> {
    const reaction = await this.question(state);
    if (reaction.do === 'register') await this.told(state, null, reaction.http_status);
    if (reaction.do === 'upload' || reaction.do === 'complete') {
      await this.told(state, reaction.document.transfer_status, reaction.http_status);
    }
  }

  /** Eligibility is asked once more before the first media byte, and the start is a fact before it leaves. */
  private async upload(state: Extract<Transfer, { status: 'awaiting_media' }>): Promise<Transfer> {
    this.mine = true;
    const context = await this.callContext(state);
    // What was registered for one kind of hub is never sent as another kind wants it: sealed stays sealed.
    if (context.peer.document.profile !== state.frozen.profile) {
      return this.fail(state, failureOf('configuration', 'hub_profile_changed'), 0);
    }
    const reservation = reservationOf(await this.parts.situations.of(state.intent), state.frozen);
    if (reservation !== null) return this.fail(state, reservation, 0);
    const media = await this.protocolOf(state).prepare(state, context.peer, this.lease.signal);
    if (isNotPrepared(media)) return this.reactToSending(state, notBegun(await this.judge('media', media, state)), 0);
    try {
      // Sealing takes its time, so what was true before it is asked again.
      const { eligibility, egress, reliesOn } = await this.parts.situations.of(state.intent);
      if (!egress.open) return state;
      if (!eligibility.eligible) return await this.fail(state, failureOf('ineligible', eligibility.reasons[0].code), 0);
      const uploading = await this.record({ type: 'StartUpload', ...this.report(state), eligibility }, reliesOn);
      return await this.send(requireRunning(uploading), context, media);
    } finally {
      await media.close();
    }
  }

  private async send(state: Running, context: CallContext, media: MediaToSend): Promise<Transfer> {
    const progress: SendProgress = { bytesSent: 0 };
    const stopTelling = this.parts.live.follow(state.intent, state.frozen.media_size, progress);
    try {
      const answer = await this.parts.hub.upload(context, media, progress);
      const reaction = await this.reactionTo('media', answer, state, progress.bytesSent);
      if (reaction.do === 'complete') return await this.complete(state, reaction, progress.bytesSent);
      return await this.reactToSending(state, reaction, progress.bytesSent);
    } finally {
      stopTelling();
    }
  }

  private async reactToSending(state: Running, reaction: Reaction, bytes_sent: number): Promise<Transfer> {
    switch (reaction.do) {
      case 'ask': {
        // The hub was asked once and knew nothing; if the next try ends alike, time has to pass first.
        if (this.askedInVain) return this.fail(state, reaction.otherwise, bytes_sent);
        const { code, http_status } = reaction;
        return this.record({ type: 'RecordOutcomeUnknown', ...this.report(state), code, http_status, bytes_sent });
      }
      case 'wait':
        return this.waitFor(state, reaction, 'transient', bytes_sent);
      case 'leave':
        return state;
      case 'fail':
        return this.fail(state, reaction, bytes_sent);
      case 'register':
      case 'upload':
      case 'complete':
        throw new Error(`A ${state.status} transfer cannot ${reaction.do}.`);
      default:
        return unreachable(reaction);
    }
  }

  private accept(state: Running, document: Extract<Reaction, { do: 'upload' }>['document']): Promise<Transfer> {
    const { hub_transfer_id, transfer_status: hub_status, processing_decision } = document;
    return this.record({
      type: 'AcceptRegistration',
      ...this.report(state),
      hub_transfer_id,
      hub_status,
      processing_decision,
    });
  }

  private async complete(
    state: Running,
    { document, receipt }: Extract<Reaction, { do: 'complete' }>,
    bytes_sent: number,
  ): Promise<Transfer> {
    const acknowledgement = acknowledgementOf(document, this.expected(state), receipt);
    const acknowledgement_digest = documentDigest(acknowledgement);
    try {
      const proof = { acknowledgement, acknowledgement_digest, bytes_sent };
      const completed = await this.record({ type: 'CompleteTransfer', ...this.report(state), ...proof });
      await this.release(state);
      return completed;
    } catch (error) {
      // The rules do not take the hub's word for proof: that is a failure of the transfer, not of the program.
      if (!(error instanceof Refusal)) throw error;
      const { code } = error as Refusal;
      return this.fail(state, failureOf('integrity', code), bytes_sent);
    }
  }

  private async fail(state: Running, failure: Failure, bytes_sent: number): Promise<Transfer> {
    const { failure_class, code, counted, http_status, retry_after_ms, outcome_unknown, alert } = failure;
    if (outcome_unknown) {
      await this.record({ type: 'RecordOutcomeUnknown', ...this.report(state), code, http_status, bytes_sent });
    }
    const { retry, clock, log } = this.parts;
    const policy = { ...retry, attemptsMax: Math.min(retry.attemptsMax, failure.attempts_max ?? Infinity) };
    const failed = await this.record({
      type: 'FailTransfer',
      ...this.report(state),
      failure_class,
      code,
      counted,
      http_status,
      retry_after_ms,
      bytes_sent,
      policy,
      chance: clock.chance(),
    });
    if (alert !== undefined) {
      const { transferId: transfer_id } = this;
      log.error({ event: 'attention_needed', of: alert, transfer_id, failure_class, code });
    }
    if (failure.unseal === true) await this.release(state);
    return failed;
  }

  /** Only after the fact that makes it needless is on record; what stays by accident is swept away later. */
  private async release(state: Running): Promise<void> {
    await this.protocolOf(state)
      .release(this.transferId)
      .catch((error: unknown) => {
        if (!(error instanceof SealingFault)) throw error;
      });
  }

  /** Appends under the fencing token; what it relies on must still be as it was seen. */
  private async record(
    command: TransferCommand,
    reliesOn: readonly { readonly streamId: string; readonly version: number }[] = [],
  ): Promise<Transfer> {
    const { events } = this.parts;
    const { state } = await handle<Transfer, TransferCommand, TransferEvent>(
      events,
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
    );
    return state;
  }

  private readonly correlationId = randomUUID();

  private reload(): Promise<Transfer> {
    return this.parts.situations.transfer(this.transferId);
  }

  private async callContext(state: Running): Promise<CallContext> {
    const { signal, check } = this.lease;
    const peer = await this.parts.peers.peer(state.intent.target_node_key, state.intent.source_node_key);
    return { peer, transferKey: state.intent.transfer_key, requestId: state.attempt_id, signal, check };
  }

  private async reactionTo(call: HubCall, answer: HubAnswer, state: Running, bytesSent = 0): Promise<Reaction> {
    const { target_node_key } = state.intent;
    this.parts.peers.observe(target_node_key, answer);
    const isHubsTrouble = await this.parts.circuits.observe(target_node_key, call, answer);
    const reaction = await this.judge(call, answer, state, bytesSent);
    // What every transfer would have met uses up no attempt of this one.
    if (isHubsTrouble && reaction.do === 'fail') return { ...reaction, counted: false };
    if (isHubsTrouble && reaction.do === 'ask') {
      return { ...reaction, otherwise: { ...reaction.otherwise, counted: false } };
    }
    return reaction;
  }

  private async judge(call: HubCall, answer: HubAnswer, state: Running, bytesSent = 0): Promise<Reaction> {
    const { progress } = state;
    const { hubForgot, hubLostMedia, hubBusySince } = progress;
    const busyMs = hubBusySince === null ? 0 : this.parts.clock.now().getTime() - Date.parse(hubBusySince);
    return reactionTo(call, answer, {
      ...this.expected(state),
      uploadBegun: progress.uploadBegun || bytesSent > 0,
      uploading: state.status === 'uploading',
      claimExpired: busyMs > this.parts.busyHub.leaseMs,
      hubForgot,
      hubLostMedia,
      sealed: await this.protocolOf(state).sealed(this.transferId),
    });
  }

  private protocolOf({ frozen }: Running): HubProtocol {
    return this.parts.protocols[frozen.profile];
  }

  private expected({ intent, frozen, progress }: Running) {
    return { intent, frozen, hubTransferId: progress.hubTransferId };
  }

  private report(state: Running) {
    const { attempts: attempt } = state.progress;
    return { at: this.now(), by: SENDER, attempt, attempt_id: state.attempt_id, lease_token: this.lease.token };
  }

  private now(): string {
    return this.parts.clock.now().toISOString();
  }
}

/** No byte has left the house, so nothing is unknown. */
function notBegun(reaction: Reaction): Reaction {
  return reaction.do === 'fail' ? { ...reaction, outcome_unknown: false } : reaction;
}

/** The hub has no media of an upload whose end nobody saw: it failed, and is tried again. */
function notArrived(failure_class: Failure['failure_class'], http_status: number): Failure {
  return { ...failureOf(failure_class, 'upload_did_not_arrive'), http_status };
}

function failureOf(failure_class: Failure['failure_class'], code: string): Failure {
  return {
    do: 'fail',
    failure_class,
    code,
    http_status: null,
    counted: true,
    retry_after_ms: null,
    outcome_unknown: false,
  };
}

/** What speaks against sending anything of this transfer, if anything does. */
function reservationOf({ eligibility, resource }: Situation, frozen: FrozenIntent): Failure | null {
  if (!eligibility.eligible) return failureOf('ineligible', eligibility.reasons[0].code);
  return hasOtherContent(resource, frozen) ? failureOf('integrity', 'content_changed') : null;
}

/** The media was processed anew since the transfer was frozen; it is neither resent in silence nor ignored. */
function hasOtherContent(resource: Resource, frozen: FrozenIntent): boolean {
  return resource.status === 'present' && resource.facts.processed_media.sha256 !== frozen.media_sha256;
}

function requireRunning(state: Transfer): Running {
  if (isRunning(state)) return state;
  throw new Refusal('attempt_over', 'The attempt has ended meanwhile.');
}
