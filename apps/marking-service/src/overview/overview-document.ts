import type { ResourceKind } from '@hub-export/contracts';
import type { PrivacySummary } from '../privacy/k-anonymity.js';

/** The answer of `GET …/hub-export/overview/`: exactly the keys that lx-annotate's page knows. */
export interface OverviewDocument {
  readonly selected_target_node_key: string | null;
  readonly source_node_key: string | null;
  readonly hub_nodes: readonly HubNode[];
  readonly config_ready: boolean;
  readonly config_error: string;
  readonly privacy_summary: PrivacySummary;
  readonly sync_summary: SyncSummary;
  readonly items: readonly OverviewItem[];
}

export interface HubNode {
  readonly node_key: string;
  readonly display_name: string;
  readonly base_url: string;
  readonly owning_center_key: string | null;
}

export interface OverviewItem {
  readonly id: number;
  readonly resource_kind: ResourceKind;
  readonly filename: string;
  readonly anonymization_status: string;
  readonly processed_media_present: boolean;
  readonly source_center_key: string | null;
  readonly source_center_name: string | null;
  /** True as soon as there is a transfer, also a completed one. */
  readonly marked_for_upload: boolean;
  /** Empty where there is no transfer. */
  readonly outbound_status: string;
  readonly last_error: string;
  readonly blocked_reason: string;
  /** When it was completed. */
  readonly last_transfer_timestamp: string | null;
  readonly target_node_key: string | null;
  readonly eligible: boolean;
  readonly created_at: string | null;
}

export interface ProcessedFile {
  readonly resource_kind: ResourceKind;
  readonly resource_id: number;
  readonly filename: string;
  readonly resource_hash: string;
  readonly processed_file_hash: string | null;
  readonly center_key: string;
  readonly center_name: string;
  readonly eligible: boolean;
  readonly transfer_registered: boolean;
  readonly transfer_key: string | null;
  readonly transfer_status: string;
  readonly target_node_key: string | null;
}

export interface CenterSync {
  readonly center_key: string;
  readonly display_name: string;
  readonly active_node_keys: readonly string[];
  readonly processed_files: readonly ProcessedFile[];
  /** Files that are eligible and not registered. */
  readonly candidate_count: number;
  readonly rejection_count: number;
  readonly duplicate_count: number;
}

export interface Rejection {
  readonly resource_kind: ResourceKind;
  readonly resource_id: number;
  readonly filename: string;
  readonly center_key: string | null;
  readonly reason: string;
  readonly detail: string;
}

export interface Duplicate {
  readonly resource_kind: ResourceKind;
  readonly resource_id: number;
  readonly filename: string;
  readonly center_key: string | null;
  readonly reason: 'transfer_already_registered';
  readonly transfer_key: string;
  readonly transfer_status: string;
  readonly target_node_key: string | null;
}

/** Its totals are the sums over its centers. */
export interface SyncSummary {
  readonly centers: readonly CenterSync[];
  readonly rejections: readonly Rejection[];
  readonly duplicates: readonly Duplicate[];
  readonly processed_file_count: number;
  readonly candidate_count: number;
}
