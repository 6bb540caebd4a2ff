import type { ResourceItem, TransferItem } from './resource.js';

const AT = '2026-11-01T10:00:00.000Z';

/** A resource that may be sent, but for what is said otherwise. */
export function resource(changes: Partial<ResourceItem> = {}): ResourceItem {
  return {
    resource_kind: 'video',
    resource_hash: 'a'.repeat(64),
    local_id: 17,
    status: 'present',
    center_key: 'center-a',
    center_name: 'Center A',
    anonymization_state: 'VALIDATED',
    processed_media: { present: true, size: 1_000_000 },
    created_at: AT,
    eligible: true,
    reasons: [],
    content_changed: false,
    transfer: null,
    ...changes,
  };
}

/** The same with a transfer in a state. */
export function withTransfer(
  status: TransferItem['status'],
  changes: Partial<TransferItem> = {},
  of: Partial<ResourceItem> = {},
): ResourceItem {
  const transfer: TransferItem = {
    transfer_id: '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    target_node_key: 'hub',
    status,
    since: AT,
    marked_by: { kind: 'user', subject: 'alice', name: 'Alice' },
    marked_at: AT,
    queued_at: null,
    attempts: 0,
    held: [],
    last_failure_code: null,
    last_failure_class: null,
    last_failure_at: null,
    retryable: null,
    not_before: null,
    ...changes,
  };
  return resource({ transfer, ...of });
}

/** A resource that may not be sent, for one reason. */
export const INELIGIBLE: Partial<ResourceItem> = {
  eligible: false,
  reasons: [{ code: 'not_anonymized', sentence: 'The resource is not anonymized.' }],
};
