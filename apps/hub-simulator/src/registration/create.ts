import { crash, HubRefusal, refuseDetails } from '../answer.js';
import { digestOf, type JsonObject } from '../json.js';
import { type KnownModel } from '../network.js';
import { type ProfileTraits } from '../profiles.js';
import { type HubMemory } from '../transfer/hub-memory.js';
import { type TransferJob } from '../transfer/transfer-job.js';
import { isReplay, storedComparison } from './comparison.js';
import { requireKnownProvenance } from './provenance.js';
import { type Registration } from './registration.js';
import { segmentIdentity, segmentsOf } from './segments.js';

/** What a registration comes to. */
export type CreateDecision =
  | { readonly outcome: 'created'; readonly job: TransferJob }
  | { readonly outcome: 'replayed'; readonly job: TransferJob }
  | { readonly outcome: 'conflict' }
  /** Where creating is not atomic: the job stays behind as `pending`, and the caller sees an unhandled error. */
  | { readonly outcome: 'stuck'; readonly job: TransferJob; readonly refusal: HubRefusal };

/** What comes from outside into a new job. */
export interface Stamp {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Decides about a registration whose sender is known; hub contract 3.3. Throws a HubRefusal: nothing is stored. */
export function decideCreate(
  registration: Registration,
  hub: HubMemory,
  models: readonly KnownModel[],
  stamp: Stamp,
  traits: ProfileTraits,
): CreateDecision {
  const existing = hub.job(registration.top.transfer_key);
  if (existing !== undefined) {
    const same = isReplay(registration, existing.comparison, traits);
    return same ? { outcome: 'replayed', job: existing } : { outcome: 'conflict' };
  }
  requireKnownProvenance(registration.top.provenance, traits);
  try {
    requireApplicable(registration, hub, models, traits);
  } catch (error) {
    if (traits.createIsAtomic || !(error instanceof HubRefusal)) throw error;
    const refusal = crash('metadata_not_applied');
    return { outcome: 'stuck', job: { ...newJob(registration, hub, stamp), ...PENDING }, refusal };
  }
  const job = newJob(registration, hub, stamp);
  return { outcome: 'created', job: { ...job, ...verdict(registration, job, hub, traits) } };
}

type Verdict = Pick<TransferJob, 'transfer_status' | 'processing_decision'> & Partial<TransferJob>;

const PENDING: Partial<TransferJob> = {
  transfer_status: 'pending',
  cleanup_status: 'pending',
  case_resolution_status: 'pending',
  linked_patient_id: null,
  linked_patient_examination_id: null,
  pseudonyms: null,
  target_object_id: null,
  segments: [],
};

function verdict(registration: Registration, job: TransferJob, hub: HubMemory, traits: ProfileTraits): Verdict {
  if (job.source_center_key === null) {
    return {
      transfer_status: 'failed',
      processing_decision: 'reject_transfer',
      target_object_id: null,
      status_detail: 'The transfer has no source center.',
    };
  }
  const known = hub.jobsOf(job.resource_kind, job.resource_hash);
  if (traits.detectsOwnershipClash && known.some((other) => ownsOtherwise(other, job))) {
    return {
      ...inconsistent('The resource belongs to another center or node.'),
      target_object_id: null,
    };
  }
  const hasMedia = known.some((other) => other.media !== null);
  if (hasMedia) {
    return {
      transfer_status: 'applied',
      processing_decision: 'skip_processing_existing_success',
      status_detail: 'The hub already has this resource.',
    };
  }
  if (claimsSuccessAlone(registration)) return inconsistent('Success is claimed, and there are no files.');
  return {
    transfer_status: 'awaiting_media',
    processing_decision: 'wait_for_missing_media',
    status_detail: 'Waiting for media.',
  };
}

function inconsistent(detail: string): Verdict {
  return { transfer_status: 'inconsistent', processing_decision: 'mark_inconsistent', status_detail: detail };
}

function ownsOtherwise(other: TransferJob, job: TransferJob): boolean {
  const owns = other.target_object_id !== null;
  return owns && (other.source_center_key !== job.source_center_key || other.source_node_key !== job.source_node_key);
}

/** Success without media: what a registration says that left out its transfer mode. */
function claimsSuccessAlone({ top, rows, snapshot }: Registration): boolean {
  if (top.transfer_mode !== 'metadata_only' || top.processing_policy !== 'preserve_processing_state') return false;
  const history = (rows['processing_history'] as JsonObject | undefined)?.['success'];
  const claim = top.resource_kind === 'video' ? (snapshot['sender_processing_success'] ?? history) : history;
  return claim === true;
}

/** The rules that only show when the rows are applied to what the hub has; hub contract 2.2 and 2.5. */
function requireApplicable(
  { rows, top }: Registration,
  hub: HubMemory,
  models: readonly KnownModel[],
  traits: ProfileTraits,
): void {
  const reports = rows['reports'] as readonly JsonObject[];
  if (reports.some((report) => BODY_FIELDS.some((field) => report[field] !== undefined))) {
    throw inapplicable('A report must not carry its body.');
  }
  if (!traits.createIsAtomic) return;
  const pseudonyms = pseudonymsOf(rows);
  if (reports.length > 0 && pseudonyms === null) throw inapplicable('Reports need a linked examination.');
  const knownPatient = pseudonyms === null ? undefined : hub.patientOf(pseudonyms.examination);
  if (knownPatient !== undefined && knownPatient !== pseudonyms?.patient) {
    throw inapplicable('The examination belongs to another patient.');
  }
  for (const segment of segmentsOf(rows)) {
    const owner = hub.videoOfSegment(segmentIdentity(segment));
    if (owner !== undefined && owner !== top.resource_hash) throw inapplicable('A segment belongs to another video.');
    requireKnownModel(segment, models);
  }
}

function requireKnownModel(segment: JsonObject, models: readonly KnownModel[]): void {
  const { model_name: name, model_version: version, label_name: label } = segment;
  if (name === undefined) return;
  const matches = models.filter(
    (model) => model.name === name && model.version === version && model.labels.includes(label as string),
  );
  if (matches.length !== 1) throw inapplicable('A segment names a model that the hub does not know.');
}

function inapplicable(message: string): HubRefusal {
  return refuseDetails('The transfer metadata could not be applied.', 'non_field_errors', message);
}

const BODY_FIELDS: readonly string[] = ['title', 'editor_payload', 'rendered_text'];

function newJob(registration: Registration, hub: HubMemory, { id, at }: Stamp): TransferJob {
  const { top, target, centerKey, rows, mediaHash } = registration;
  const pseudonyms = pseudonymsOf(rows);
  return {
    id,
    transfer_key: top.transfer_key,
    source_node_key: top.source_node_key,
    target_node_key: target.node_key,
    source_center_key: centerKey,
    resource_kind: top.resource_kind,
    resource_hash: top.resource_hash,
    processed_media_hash: mediaHash,
    transfer_mode: top.transfer_mode,
    transfer_status: 'pending',
    processing_policy: top.processing_policy,
    processing_intent: top.processing_intent,
    processing_decision: 'wait_for_missing_media',
    cleanup_policy: top.cleanup_policy,
    cleanup_status: top.cleanup_policy === 'retain_all' ? 'not_requested' : 'deferred',
    payload_schema_version: top.payload_schema_version,
    status_detail: '',
    target_object_id: hub.objectId(top.resource_kind, top.resource_hash),
    linked_patient_id: pseudonyms === null ? null : hub.patientId(pseudonyms.patient),
    linked_patient_examination_id: pseudonyms === null ? null : hub.examinationId(pseudonyms.examination),
    case_resolution_status: pseudonyms === null ? 'unresolved' : 'linked',
    created_at: at,
    updated_at: at,
    comparison: storedComparison(registration),
    segments: segmentsOf(rows).map(segmentIdentity),
    pseudonyms,
    media: null,
    envelope_receipt: null,
    lease: null,
    lastFencingToken: 0,
  };
}

function pseudonymsOf(rows: JsonObject): TransferJob['pseudonyms'] {
  const meta = rows['sensitive_meta'] as JsonObject | undefined;
  if (meta === undefined) return null;
  return { patient: digestOf(meta['patient_hash']), examination: digestOf(meta['examination_hash']) };
}
