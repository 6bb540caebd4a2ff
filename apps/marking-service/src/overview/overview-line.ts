import { eligibilityOf, type EligibilityTerms, type IneligibilityReason } from '@hub-export/transfer-life';
import type { ViewedResource } from '../resource/resource-item.js';
import { rejectionOf } from './blocked.js';
import type { OverviewItem } from './overview-document.js';

/** A resource as the overview tells it, with what its summaries need besides. */
export interface OverviewLine {
  readonly item: OverviewItem;
  readonly resource_hash: string;
  readonly processed_file_hash: string | null;
  readonly transfer_key: string | null;
  readonly reasons: readonly IneligibilityReason[];
}

/** @param showsFileNames else a resource is named by its kind and hash: a file name may name a person. */
export function overviewLine(viewed: ViewedResource, terms: EligibilityTerms, showsFileNames: boolean): OverviewLine {
  const { state, transfer, resource_kind, resource_hash } = viewed;
  const verdict = eligibilityOf(state, terms);
  const [first] = verdict.eligible ? [] : verdict.reasons;
  const item: OverviewItem = {
    id: viewed.number,
    resource_kind,
    filename: (showsFileNames ? viewed.file_name : null) ?? `${resource_kind}-${resource_hash.slice(0, 12)}`,
    anonymization_status: siteWord(viewed.anonymization_state),
    processed_media_present: state.facts.processed_media.present,
    source_center_key: viewed.center_key,
    source_center_name: viewed.center_name,
    marked_for_upload: transfer !== null,
    outbound_status: transfer?.state.status ?? '',
    last_error: transfer?.state.status === 'failed' ? transfer.state.failure.code : '',
    blocked_reason: first === undefined ? '' : rejectionOf(first).detail,
    last_transfer_timestamp: transfer?.state.status === 'completed' ? transfer.state.since : null,
    target_node_key: transfer?.state.intent.target_node_key ?? null,
    eligible: verdict.eligible,
    created_at: viewed.created_at,
  };
  return {
    item,
    resource_hash,
    processed_file_hash: state.facts.processed_media.sha256,
    transfer_key: transfer?.state.intent.transfer_key ?? null,
    reasons: verdict.eligible ? [] : verdict.reasons,
  };
}

/** lx-annotate's own word for a state. */
function siteWord(state: string): string {
  return state === 'PROCESSING_ANONYMIZING' ? 'processing_anonymization' : state.toLowerCase();
}

/** "eligible first, then filename". */
export function inPageOrder(lines: readonly OverviewLine[]): readonly OverviewLine[] {
  return [...lines].sort((one, other) => {
    if (one.item.eligible !== other.item.eligible) return one.item.eligible ? -1 : 1;
    if (one.item.filename === other.item.filename) return one.item.id - other.item.id;
    return one.item.filename < other.item.filename ? -1 : 1;
  });
}
