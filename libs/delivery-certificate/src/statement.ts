import {
  type Acknowledgement,
  type Actor,
  type AttemptStage,
  ContractFault,
  type EligibilityEvidence,
  type FailureClass,
  type FrozenIntent,
  type HubExportEvent,
  type LocalCleanupPolicy,
  parseEvent,
  type QueueReason,
  type ResourceKind,
  type ResourceReported,
  resourceStream,
  transferStream,
} from '@hub-export/contracts';
import { CertificateFault } from './certificate-fault.js';
import type { LifeEntry } from './life-entry.js';

/** Said by an entry of the log, whose place is told with it. */
interface Said {
  readonly by: Actor;
  readonly at: string;
  readonly entry: number;
}

/** What a certificate states; every member is taken from an entry that it holds. */
export interface Statement {
  readonly transfer: {
    readonly transfer_id: string;
    readonly transfer_key: string;
    readonly source_node_key: string;
    readonly source_center_key: string;
    readonly target_node_key: string;
    readonly resource_kind: ResourceKind;
    readonly resource_hash: string;
  };
  /** Every mark and unmark; the last mark is the order under which it was sent. */
  readonly marks: readonly (Said & { readonly action: 'marked' | 'unmarked' })[];
  /** The policy at the last mark. */
  readonly local_cleanup_policy: LocalCleanupPolicy;
  /** What was frozen last before the delivery, and by whose order it was queued. */
  readonly queued: Said & FrozenIntent & { readonly reason: QueueReason };
  /** The verdicts of the attempt that delivered, and what the site had told of the resource. */
  readonly eligibility: {
    readonly verdicts: readonly (EligibilityEvidence & {
      readonly stage: AttemptStage;
      readonly at: string;
      readonly entry: number;
    })[];
    readonly resource: Pick<ResourceReported, 'anonymization_state' | 'processed_media' | 'source_version'> & {
      readonly entry: number;
    };
  };
  readonly attempts: number;
  readonly failures: readonly {
    readonly attempt: number;
    readonly stage: AttemptStage;
    readonly failure_class: FailureClass;
    readonly code: string;
    readonly at: string;
    readonly entry: number;
  }[];
  readonly delivery: {
    readonly at: string;
    readonly attempt: number;
    readonly acknowledgement: Acknowledgement;
    readonly acknowledgement_digest: string;
    readonly entry: number;
  };
}

type Of<Type extends HubExportEvent['type']> = Extract<HubExportEvent, { type: Type }>;
type Told<Type extends HubExportEvent['type']> = Of<Type> & { readonly entry: number };

/**
 * What follows from the entries: the transfer's whole life up to its completion, in order, and the report of its
 * resource on which the last verdict rested.
 * @throws {CertificateFault} `life_incomplete`, `not_delivered`, `evidence_missing`, `malformed_entry`
 */
export function statementOf(life: readonly LifeEntry[], report: LifeEntry): Statement {
  const told = life.map(eventOf);
  const mark = lastOf(told, 'ResourceMarked');
  const done = told.at(-1);
  if (done?.type !== 'TransferCompleted') throw new CertificateFault('not_delivered');
  if (mark === undefined) throw new CertificateFault('life_incomplete');
  requireWholeLife(life, mark.transfer_id);
  const queued = lastOf(told, 'TransferQueued');
  if (queued === undefined) throw new CertificateFault('life_incomplete');
  const verdicts = told.flatMap((event) => verdictOf(event, done.attempt));
  return {
    transfer: {
      transfer_id: mark.transfer_id,
      transfer_key: mark.transfer_key,
      source_node_key: mark.source_node_key,
      source_center_key: mark.source_center_key,
      target_node_key: mark.target_node_key,
      resource_kind: mark.resource_kind,
      resource_hash: mark.resource_hash,
    },
    marks: told.flatMap(markOf),
    local_cleanup_policy: mark.local_cleanup_policy,
    queued: { ...said(queued), reason: queued.reason, ...queued.frozen },
    eligibility: { verdicts, resource: resourceOf(report, mark, verdicts.at(-1)?.resource_version) },
    attempts: told.filter(({ type }) => type === 'RegistrationStarted').length,
    failures: told.flatMap(failureOf),
    delivery: {
      at: done.at,
      attempt: done.attempt,
      acknowledgement: done.acknowledgement,
      acknowledgement_digest: done.acknowledgement_digest,
      entry: done.entry,
    },
  };
}

/** Versions count from 1 without gaps, so that whoever leaves an entry out is seen. */
function requireWholeLife(life: readonly LifeEntry[], transferId: string): void {
  const stream = transferStream(transferId);
  life.forEach(({ streamId, version, globalSeq }, place) => {
    const isNext = version === place + 1 && globalSeq > (life[place - 1]?.globalSeq ?? 0);
    if (streamId !== stream || !isNext) throw new CertificateFault('life_incomplete', `entry ${globalSeq}`);
  });
}

function resourceOf(
  entry: LifeEntry,
  mark: Told<'ResourceMarked'>,
  version: number | undefined,
): Statement['eligibility']['resource'] {
  const report = eventOf(entry);
  const isEvidence =
    entry.streamId === resourceStream(mark.resource_kind, mark.resource_hash) && entry.version === version;
  if (report.type !== 'ResourceReported' || !isEvidence) throw new CertificateFault('evidence_missing');
  const { anonymization_state, processed_media, source_version } = report;
  return { anonymization_state, processed_media, source_version, entry: report.entry };
}

function eventOf(entry: LifeEntry): HubExportEvent & { readonly entry: number } {
  try {
    return Object.assign(parseEvent(entry.type, entry.data), { entry: entry.globalSeq });
  } catch (error) {
    if (error instanceof ContractFault) throw new CertificateFault('malformed_entry', `entry ${entry.globalSeq}`);
    throw error;
  }
}

type ToldEvent = ReturnType<typeof eventOf>;

function lastOf<Type extends HubExportEvent['type']>(told: readonly ToldEvent[], type: Type): Told<Type> | undefined {
  return told.findLast((event): event is Told<Type> & ToldEvent => event.type === type);
}

function markOf(event: ToldEvent): Statement['marks'] {
  if (event.type === 'ResourceMarked') return [{ action: 'marked', ...said(event) }];
  return event.type === 'ResourceUnmarked' ? [{ action: 'unmarked', ...said(event) }] : [];
}

function verdictOf(event: ToldEvent, attempt: number): Statement['eligibility']['verdicts'] {
  if (event.type !== 'RegistrationStarted' && event.type !== 'UploadStarted') return [];
  if (event.attempt !== attempt) return [];
  const stage = event.type === 'RegistrationStarted' ? 'registration' : 'upload';
  return [{ stage, at: event.at, ...event.eligibility, entry: event.entry }];
}

function failureOf(event: ToldEvent): Statement['failures'] {
  if (event.type !== 'TransferFailed') return [];
  const { attempt, stage, failure_class, code, at, entry } = event;
  return [{ attempt, stage, failure_class, code, at, entry }];
}

function said({ by, at, entry }: Said): Said {
  return { by, at, entry };
}
