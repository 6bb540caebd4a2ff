import type { NodeFacts } from '@hub-export/contracts';
import type { CenterSync, Duplicate, ProcessedFile, Rejection, SyncSummary } from './overview-document.js';
import { rejectionOf } from './blocked.js';
import type { OverviewLine } from './overview-line.js';

/** The block "Dateisynchronisation" of the page: every center the caller sees, also an empty one, by its key. */
export function syncSummary(
  lines: readonly OverviewLine[],
  nodes: readonly NodeFacts[],
  visibleCenters: readonly string[] | 'all',
): SyncSummary {
  const rejections = lines.flatMap(rejectionsOf);
  const duplicates = lines.flatMap(duplicatesOf);
  const centers = centerKeys(lines, nodes)
    .filter((key) => visibleCenters === 'all' || visibleCenters.includes(key))
    .map((key) => centerSync(key, lines, nodes, rejections, duplicates));
  return {
    centers,
    rejections,
    duplicates,
    processed_file_count: centers.reduce((sum, { processed_files }) => sum + processed_files.length, 0),
    candidate_count: centers.reduce((sum, { candidate_count }) => sum + candidate_count, 0),
  };
}

function centerKeys(lines: readonly OverviewLine[], nodes: readonly NodeFacts[]): readonly string[] {
  const keys = [
    ...lines.map(({ item }) => item.source_center_key),
    ...nodes.flatMap(({ center_scope, owning_center_key, role }) =>
      role === 'site_node' ? [...center_scope, owning_center_key] : [],
    ),
  ];
  return [...new Set(keys.filter((key) => key !== null))].sort();
}

function centerSync(
  key: string,
  all: readonly OverviewLine[],
  nodes: readonly NodeFacts[],
  rejections: readonly Rejection[],
  duplicates: readonly Duplicate[],
): CenterSync {
  const lines = all.filter(({ item }) => item.source_center_key === key);
  const display_name = lines.find(({ item }) => item.source_center_name !== null)?.item.source_center_name ?? key;
  const processed_files = lines
    .filter(({ item }) => item.processed_media_present)
    .map((line) => processedFile(line, key, display_name));
  return {
    center_key: key,
    display_name,
    active_node_keys: nodes
      .filter(
        ({ is_active, owning_center_key, center_scope }) =>
          is_active && (owning_center_key === key || center_scope.includes(key)),
      )
      .map(({ node_key }) => node_key),
    processed_files,
    candidate_count: processed_files.filter(({ eligible, transfer_registered }) => eligible && !transfer_registered)
      .length,
    rejection_count: rejections.filter(({ center_key }) => center_key === key).length,
    duplicate_count: duplicates.filter(({ center_key }) => center_key === key).length,
  };
}

function processedFile(
  { item, resource_hash, processed_file_hash, transfer_key }: OverviewLine,
  center_key: string,
  center_name: string,
): ProcessedFile {
  return {
    resource_kind: item.resource_kind,
    resource_id: item.id,
    filename: item.filename,
    resource_hash,
    processed_file_hash,
    center_key,
    center_name,
    eligible: item.eligible,
    transfer_registered: transfer_key !== null,
    transfer_key,
    transfer_status: item.outbound_status,
    target_node_key: item.target_node_key,
  };
}

function rejectionsOf({ item, reasons }: OverviewLine): readonly Rejection[] {
  const [first] = reasons;
  if (first === undefined) return [];
  return [{ ...named(item), ...rejectionOf(first) }];
}

function duplicatesOf({ item, transfer_key }: OverviewLine): readonly Duplicate[] {
  if (transfer_key === null) return [];
  const { outbound_status: transfer_status, target_node_key } = item;
  return [{ ...named(item), reason: 'transfer_already_registered', transfer_key, transfer_status, target_node_key }];
}

function named({
  resource_kind,
  id,
  filename,
  source_center_key,
}: OverviewLine['item']): Pick<Rejection, 'resource_kind' | 'resource_id' | 'filename' | 'center_key'> {
  return { resource_kind, resource_id: id, filename, center_key: source_center_key };
}
