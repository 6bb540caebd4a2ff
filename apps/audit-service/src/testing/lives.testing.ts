import type { Actor, TransferEvent } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { DEFAULT_RETRY_POLICY, type Transfer, type TransferCommand, transferDecider } from '@hub-export/transfer-life';
import fc from 'fast-check';
import { acknowledgementOf, at, frozen, type Named } from './log.testing.js';

const eligibility = { eligible: true, resourceVersion: 1 } as const;
const ATTEMPT_ID = '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11';

/** The commands that a life is drawn from; reports speak of the attempt that runs. */
function command(transfer: Named, kind: number, seconds: number, by: Actor, state: Transfer): TransferCommand {
  const { type: _type, by: _by, resource_version: _version, ...intent } = transfer.marked;
  const attempts = 'progress' in state ? state.progress.attempts : 0;
  const ordered = { at: at(seconds), by };
  const reported = { ...ordered, attempt: attempts, attempt_id: ATTEMPT_ID, lease_token: 1 };
  const answer = { hub_transfer_id: 'remote-1', hub_status: 'awaiting_media', processing_decision: 'wait' };
  const all: readonly TransferCommand[] = [
    { type: 'MarkResource', ...ordered, intent, eligibility },
    { type: 'UnmarkResource', ...ordered },
    { type: 'QueueTransfer', ...ordered, reason: 'operator', eligibility, frozen },
    { type: 'HoldTransfer', ...ordered, reason: seconds % 2 === 0 ? 'operator' : 'ineligible' },
    { type: 'ReleaseTransfer', ...ordered, reason: seconds % 2 === 0 ? 'operator' : 'ineligible' },
    { type: 'StartRegistration', ...ordered, attempt_id: ATTEMPT_ID, lease_token: 1, eligibility },
    { type: 'AcceptRegistration', ...reported, ...answer },
    { type: 'StartUpload', ...reported, eligibility },
    {
      type: 'CompleteTransfer',
      ...reported,
      acknowledgement: acknowledgementOf(transfer),
      acknowledgement_digest: 'd'.repeat(64),
      bytes_sent: seconds,
    },
    {
      type: 'FailTransfer',
      ...reported,
      failure_class: 'transient',
      code: `code_${seconds}`,
      counted: true,
      http_status: 503,
      bytes_sent: seconds,
      retry_after_ms: null,
      policy: DEFAULT_RETRY_POLICY,
      chance: 0.5,
    },
    { type: 'RecordOutcomeUnknown', ...reported, code: 'timeout', http_status: null, bytes_sent: seconds },
    { type: 'RecordHubAnswer', ...reported, answer: 'found', hub_status: 'awaiting_media', http_status: 200 },
  ];
  return all[kind % all.length] as TransferCommand;
}

const [MARK, UNMARK, QUEUE, HOLD, RELEASE, START, ACCEPT, UPLOAD, COMPLETE, FAIL, LOSE, ASK] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
];

/** Commands that make sense one after the other; thrown together at random, they end in every way there is. */
const PHRASES = [
  [MARK, UNMARK],
  [MARK, QUEUE],
  [HOLD, RELEASE],
  [HOLD],
  [QUEUE, RELEASE, RELEASE, START, FAIL],
  [QUEUE, START, LOSE, ASK, ACCEPT, FAIL],
  [MARK, QUEUE, RELEASE, RELEASE, START, ACCEPT, UPLOAD, LOSE, ASK, FAIL],
  [QUEUE, RELEASE, RELEASE, START, ACCEPT, UPLOAD, COMPLETE],
  [START, ACCEPT, COMPLETE],
  [UNMARK],
  [ASK, FAIL],
];

/** A life that the rules allow, and what the rules say it ended as. */
export interface Life {
  readonly events: readonly TransferEvent[];
  readonly state: Transfer;
}

/** Lives that the rules allow, of one transfer. */
export function livesOf(transfer: Named): fc.Arbitrary<Life> {
  return fc
    .array(fc.constantFrom(...PHRASES), { minLength: 1, maxLength: 20, size: 'max' })
    .map((phrases) => lived(transfer, phrases.flat()));
}

function lived(transfer: Named, kinds: readonly number[]): Life {
  let state: Transfer = transferDecider.initialState;
  const events: TransferEvent[] = [];
  kinds.forEach((kind, place) => {
    const by: Actor = { kind: 'user', subject: `user-${place % 3}`, name: null };
    const facts = decided(command(transfer, kind, place, by, state), state);
    events.push(...facts);
    state = facts.reduce((before, fact) => transferDecider.evolve(before, fact), state);
  });
  return { events, state };
}

function decided(asked: TransferCommand, state: Transfer): readonly TransferEvent[] {
  try {
    return transferDecider.decide(asked, state);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}
