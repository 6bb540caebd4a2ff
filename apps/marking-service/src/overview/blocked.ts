import type { IneligibilityCode, IneligibilityReason } from '@hub-export/transfer-life';

/** Why a resource is rejected, in the words of lx-annotate's page. */
export type RejectionReason =
  | 'missing_center'
  | 'not_ready_for_export'
  | 'missing_processed_file'
  | 'missing_processed_hash'
  | 'processed_hash_metadata_mismatch'
  | 'segment_cleanup_pending'
  | 'segment_cleanup_failed';

/** The page's words, and its own text where it has one; elsewhere our sentence says more than its texts could. */
const WORDS: Readonly<Record<IneligibilityCode, readonly [RejectionReason, string | null]>> = {
  center_missing: ['missing_center', 'source center missing'],
  processed_media_missing: ['missing_processed_file', 'processed media missing'],
  processed_media_facts_missing: ['missing_processed_hash', null],
  hashes_inconsistent: ['processed_hash_metadata_mismatch', null],
  segment_cleanup_pending: ['segment_cleanup_pending', 'segment cleanup pending'],
  segment_cleanup_failed: ['segment_cleanup_failed', 'segment cleanup failed'],
  not_anonymized: ['not_ready_for_export', 'not ready for export'],
  anonymization_state_unknown: ['not_ready_for_export', 'not ready for export'],
  processing_error: ['not_ready_for_export', 'not ready for export'],
  unknown_resource: ['not_ready_for_export', 'not ready for export'],
  resource_withdrawn: ['not_ready_for_export', 'not ready for export'],
  center_out_of_scope: ['not_ready_for_export', null],
  center_changed: ['not_ready_for_export', null],
  center_not_of_node: ['not_ready_for_export', null],
  state_not_accepted_by_hub: ['not_ready_for_export', null],
  content_incomplete: ['not_ready_for_export', null],
  pseudonyms_missing: ['not_ready_for_export', null],
};

export function rejectionOf({ code, sentence }: IneligibilityReason): {
  readonly reason: RejectionReason;
  readonly detail: string;
} {
  const [reason, text] = WORDS[code];
  return { reason, detail: text ?? sentence };
}
