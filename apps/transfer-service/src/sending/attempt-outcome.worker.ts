import type { FailureClass } from '@hub-export/contracts';
import { unreachable } from '@hub-export/event-sourcing';
import type { Transfer } from '@hub-export/transfer-life';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptCalls } from './attempt-calls.client.js';
import { notArrived } from './attempt-failure.js';
import type { AttemptLease, Running } from './attempt-parts.js';
import type { AttemptRecord } from './attempt-record.worker.js';
import type { Reaction } from './reaction.js';

/** An attempt asks a busy hub so often; then it makes room for others and comes again. */
const POLLS_MAX = 12;

/** Turns what follows from an answer into facts, and waits for a hub that is busy. */
export class AttemptOutcome {
  /** Whether the hub was asked in this run after a lost answer, and knew nothing of what had been sent. */
  private askedInVain = false;

  constructor(
    private readonly parts: {
      readonly record: AttemptRecord;
      readonly calls: AttemptCalls;
      readonly lease: AttemptLease;
      /** How often a busy hub is asked, in milliseconds. */
      readonly pollMs: number;
    },
  ) {}

  /**
   * Of the question with which a run begins.
   * @param failure_class of an upload that did not arrive
   */
  ofFirstQuestion(state: Running, reaction: Reaction, failure_class: FailureClass): Promise<Transfer> {
    if (reaction.do === 'register') this.askedInVain = true;
    return this.ofQuestion(state, reaction, failure_class);
  }

  /** Of a registration or an upload that neither went on nor completed. */
  async ofSending(state: Running, reaction: Reaction, bytes_sent: number): Promise<Transfer> {
    const { record } = this.parts;
    switch (reaction.do) {
      case 'ask': {
        // The hub was asked once and knew nothing; if the next try ends alike, time has to pass first.
        if (this.askedInVain) return record.failed(state, reaction.otherwise, bytes_sent);
        const { code, http_status } = reaction;
        return record.outcomeUnknown(state, { code, http_status, bytes_sent });
      }
      case 'wait':
        return this.ofBusyHub(state, reaction, 'transient', bytes_sent);
      case 'leave':
        return state;
      case 'fail':
        return record.failed(state, reaction, bytes_sent);
      case 'register':
      case 'upload':
      case 'complete':
        throw new Error(`A ${state.status} transfer cannot ${reaction.do}.`);
      default:
        return unreachable(reaction);
    }
  }

  private async ofQuestion(state: Running, reaction: Reaction, failure_class: FailureClass): Promise<Transfer> {
    const { record } = this.parts;
    switch (reaction.do) {
      case 'register': {
        const asked = await record.told(state, null, reaction.http_status);
        if (asked.status === 'registering') return asked;
        return record.failed(state, notArrived(failure_class, reaction.http_status), 0);
      }
      case 'upload':
        await record.told(state, reaction.document.transfer_status, reaction.http_status);
        if (state.status === 'registering') return record.accepted(state, reaction);
        return record.failed(state, notArrived(failure_class, reaction.http_status), 0);
      case 'complete':
        await record.told(state, reaction.document.transfer_status, reaction.http_status);
        return record.completed(state, reaction, 0);
      case 'wait':
        return this.ofBusyHub(state, reaction, failure_class, 0);
      case 'ask':
      case 'leave':
        return state;
      case 'fail':
        return record.failed(state, reaction, 0);
      default:
        return unreachable(reaction);
    }
  }

  /**
   * "running, claimed, retry_wait: poll status, keep current state": the hub is asked again, within its lease. Not for
   * all of that time in one attempt, since others wait for its place.
   */
  private async ofBusyHub(
    state: Running,
    busy: Extract<Reaction, { do: 'wait' }>,
    failure_class: FailureClass,
    bytes_sent: number,
  ): Promise<Transfer> {
    const { record, calls, lease, pollMs } = this.parts;
    // A live claim of a hub is renewed about so often (hub contract 5.2): sooner it tells nothing new.
    const pauseMs = pollMs * POLLS_MAX;
    let current = await record.told(state, busy.hub_status, busy.http_status);
    let { retry_after_ms } = busy;
    for (let poll = 0; poll < POLLS_MAX; poll += 1) {
      if (retry_after_ms !== null && retry_after_ms > pauseMs) break;
      // Broken off, the question finds out at once.
      await sleep(Math.max(pollMs, retry_after_ms ?? 0), undefined, { signal: lease.signal }).catch(() => undefined);
      const reaction = await calls.question(current);
      if (reaction.do !== 'wait') return this.ofQuestion(current, reaction, failure_class);
      if (reaction.hub_status !== busy.hub_status) {
        current = await record.told(current, reaction.hub_status, reaction.http_status);
      }
      ({ retry_after_ms } = reaction);
    }
    return record.failed(current, { ...busy.otherwise, retry_after_ms: retry_after_ms ?? pauseMs }, bytes_sent);
  }
}
