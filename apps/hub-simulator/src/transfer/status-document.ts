import { type ProfileTraits } from '../profiles.js';
import { hubTime } from './hub-time.js';
import { type TransferJob } from './transfer-job.js';

/** The status document of a job, its fields in the hub's order; hub contract 3.1. */
export function statusDocument(job: TransferJob, traits: ProfileTraits): Record<string, unknown> {
  return {
    id: job.id,
    transfer_key: job.transfer_key,
    source_node_key: job.source_node_key,
    target_node_key: job.target_node_key,
    source_center_key: job.source_center_key,
    resource_kind: job.resource_kind,
    resource_hash: job.resource_hash,
    // It echoes the submitted rows and proves nothing about stored bytes.
    ...(traits.showsProcessedMediaHash ? { processed_media_hash: job.processed_media_hash } : {}),
    transfer_mode: job.transfer_mode,
    transfer_status: job.transfer_status,
    processing_policy: job.processing_policy,
    processing_intent: job.processing_intent,
    processing_decision: job.processing_decision,
    cleanup_policy: job.cleanup_policy,
    cleanup_status: job.cleanup_status,
    payload_schema_version: job.payload_schema_version,
    status_detail: job.status_detail,
    target_object_id: job.target_object_id,
    linked_patient_id: job.linked_patient_id,
    linked_patient_examination_id: job.linked_patient_examination_id,
    case_resolution_status: job.case_resolution_status,
    created_at: hubTime(job.created_at),
    updated_at: hubTime(job.updated_at),
    ...(job.envelope_receipt === null ? {} : { envelope_receipt: job.envelope_receipt }),
  };
}
