import type { FrozenIntent, HubProfile, ResourceKind, TransferEvent } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { type Intent, type Transfer, type TransferCommand, transferDecider } from '@hub-export/transfer-life';
import { SCHEMA_VERSIONS } from '../sending/status-document.js';

/** One example transfer, and whatever the rules make of commands to it. */

export const AT = '2026-11-02T08:00:00.000Z';
export const RESOURCE_HASH = 'a'.repeat(64);
export const MEDIA_SHA256 = 'b'.repeat(64);
export const HUB_TRANSFER_ID = 'd5b1b7ad-5a54-4c57-9f5c-0f6f0a7be001';

export function intentOf(kind: ResourceKind = 'video'): Intent {
  return {
    transfer_id: '0b9f3f8e-52f5-5d6c-8d52-0b7d2f4b9a01',
    transfer_key: `site-a__${kind}__${RESOURCE_HASH}__processed_v1`,
    source_node_key: 'site-a',
    source_center_key: 'center-a',
    target_node_key: 'hub',
    resource_kind: kind,
    resource_hash: RESOURCE_HASH,
    local_cleanup_policy: 'retain_processed_media',
  };
}

export function frozenFor(profile: HubProfile = 'endoreg-3.0'): FrozenIntent {
  return {
    profile,
    payload_digest: 'c'.repeat(64),
    snapshot_digest: 'd'.repeat(64),
    media_sha256: MEDIA_SHA256,
    media_size: 4096,
    resource_version: 3,
  };
}

/** What a faithful hub says of the example transfer. */
export function hubDocument(profile: HubProfile = 'endoreg-3.0', transfer_status = 'applied'): Record<string, unknown> {
  return {
    id: HUB_TRANSFER_ID,
    transfer_key: intentOf().transfer_key,
    source_node_key: 'site-a',
    target_node_key: 'hub',
    source_center_key: 'center-a',
    resource_kind: 'video',
    resource_hash: RESOURCE_HASH,
    transfer_mode: 'metadata_and_processed_media',
    payload_schema_version: SCHEMA_VERSIONS[profile],
    transfer_status,
    processing_decision: 'skip_processing_preserved_state',
    ...(profile === 'endoreg-2.0' ? {} : { processed_media_hash: MEDIA_SHA256 }),
  };
}

/** The state after the commands, and the facts that led there; what the rules refuse leaves no fact. */
export function live(commands: readonly TransferCommand[]): {
  readonly state: Transfer;
  readonly events: readonly TransferEvent[];
} {
  const events: TransferEvent[] = [];
  let state = transferDecider.initialState;
  for (const command of commands) {
    for (const event of decided(command, state)) {
      state = transferDecider.evolve(state, event);
      events.push(event);
    }
  }
  return { state, events };
}

function decided(command: TransferCommand, state: Transfer): readonly TransferEvent[] {
  try {
    return transferDecider.decide(command, state);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

const BY = { kind: 'user', subject: 'operator-1', name: null } as const;
const ATTEMPT_ID = '6f1f8a52-4a43-4b7e-9d3b-0d6a4a1c7a10';
const ELIGIBLE = { eligible: true, resourceVersion: 3 } as const;

function reported(attempt: number) {
  return { at: AT, by: BY, attempt, attempt_id: ATTEMPT_ID, lease_token: 1 };
}

/** Commands to the example transfer. */
export const order = {
  mark: (): TransferCommand => ({ type: 'MarkResource', at: AT, by: BY, intent: intentOf(), eligibility: ELIGIBLE }),
  unmark: (): TransferCommand => ({ type: 'UnmarkResource', at: AT, by: BY }),
  queue: (reason: Extract<TransferCommand, { type: 'QueueTransfer' }>['reason'] = 'operator'): TransferCommand => ({
    type: 'QueueTransfer',
    at: '2026-11-03T08:00:00.000Z',
    by: BY,
    reason,
    eligibility: ELIGIBLE,
    frozen: frozenFor(),
  }),
  hold: (reason: 'operator' | 'ineligible' = 'operator'): TransferCommand => ({
    type: 'HoldTransfer',
    at: AT,
    by: BY,
    reason,
  }),
  release: (reason: 'operator' | 'ineligible' = 'operator'): TransferCommand => ({
    type: 'ReleaseTransfer',
    at: AT,
    by: BY,
    reason,
  }),
  register: (): TransferCommand => ({
    type: 'StartRegistration',
    at: AT,
    by: BY,
    attempt_id: ATTEMPT_ID,
    lease_token: 1,
    eligibility: ELIGIBLE,
  }),
  accept: (attempt = 1): TransferCommand => ({
    type: 'AcceptRegistration',
    ...reported(attempt),
    hub_transfer_id: HUB_TRANSFER_ID,
    hub_status: 'awaiting_media',
    processing_decision: 'wait_for_missing_media',
  }),
  upload: (attempt = 1): TransferCommand => ({ type: 'StartUpload', ...reported(attempt), eligibility: ELIGIBLE }),
  complete: (attempt = 1): TransferCommand => ({
    type: 'CompleteTransfer',
    ...reported(attempt),
    acknowledgement: {
      hub_transfer_id: HUB_TRANSFER_ID,
      transfer_key: intentOf().transfer_key,
      source_node_key: 'site-a',
      target_node_key: 'hub',
      source_center_key: 'center-a',
      resource_kind: 'video',
      resource_hash: RESOURCE_HASH,
      processed_media_hash: MEDIA_SHA256,
      transfer_mode: 'metadata_and_processed_media',
      payload_schema_version: '3.0',
      transfer_status: 'applied',
      processing_decision: 'skip_processing_preserved_state',
    },
    acknowledgement_digest: 'e'.repeat(64),
    bytes_sent: 4096,
  }),
  fail: (
    attempt = 1,
    failure_class: Extract<TransferCommand, { type: 'FailTransfer' }>['failure_class'] = 'transient',
  ): TransferCommand => ({
    type: 'FailTransfer',
    ...reported(attempt),
    failure_class,
    code: 'connection_refused',
    counted: true,
    http_status: null,
    bytes_sent: 0,
    retry_after_ms: null,
    policy: { baseMs: 30_000, capMs: 900_000, attemptsMax: 5 },
    chance: 0.5,
  }),
  outcomeUnknown: (attempt = 1): TransferCommand => ({
    type: 'RecordOutcomeUnknown',
    ...reported(attempt),
    code: 'headers_timeout',
    http_status: null,
    bytes_sent: 4096,
  }),
  hubAnswer: (attempt = 1, answer: 'found' | 'not_found' = 'found'): TransferCommand => ({
    type: 'RecordHubAnswer',
    ...reported(attempt),
    answer,
    hub_status: null,
    http_status: 200,
  }),
} as const;
