import { describe, expect, it } from '@jest/globals';
import type { ResourceReported, TransferEvent } from '@hub-export/contracts';
import { resourceDecider } from '@hub-export/transfer-life';
import { frozen, hashOf, sha256 } from '../testing/marking.testing.js';
import { WHOLE } from './happenings.testing.js';
import { isExportable, type KnownResource, resourceColumns } from './resource-row.js';
import { standingOf } from './standing.js';
import { evolveTransferColumns, type TransferColumns } from './transfer-row.js';

const AT = '2026-11-02T08:00:00.000Z';
const LATER = '2026-11-02T09:00:00.000Z';
const BY = { kind: 'user', subject: 'alice', name: 'Alice' } as const;

const reported: ResourceReported = {
  type: 'ResourceReported',
  at: AT,
  by: BY,
  resource_kind: 'report',
  resource_hash: hashOf(1),
  source_node_key: 'site-a',
  source_version: 1,
  snapshot_digest: sha256('snapshot'),
  local_id: null,
  center_key: 'center-a',
  anonymization_state: 'ANONYMIZED',
  ...WHOLE,
};

const CARD = { center_name: null, file_name: null, created_at: null, exam_year: null, age_band: null, gender: null };

describe('the line of a resource', () => {
  it.each([
    ['is exportable when anonymized and complete, whatever a hub may ask beyond', {}, true],
    ['is exportable without a center, which is told as a reason', { center_key: null }, true],
    ['is not exportable before it is anonymized', { anonymization_state: 'STARTED' as const }, false],
    ['is not exportable in a state nobody knows', { anonymization_state: 'UNKNOWN' as const }, false],
    ['is not exportable after a processing error', { processing_error: true }, false],
    ['is not exportable without media', { processed_media: { ...reported.processed_media, present: false } }, false],
    ['is not exportable with contradicting hashes', { hashes_consistent: false }, false],
    ['is not exportable with content missing', { content_complete: false }, false],
  ])('%s', (_, otherwise, expected) => {
    expect(isExportable(stateOf({ ...reported, ...otherwise }))).toBe(expected);
  });

  it('is not exportable once it was taken back', () => {
    const { resource_kind, resource_hash } = reported;
    const withdrawn = {
      type: 'ResourceWithdrawn',
      at: LATER,
      by: BY,
      resource_kind,
      resource_hash,
      source_version: 2,
    } as const;
    expect(isExportable(resourceDecider.evolve(stateOf(reported), withdrawn))).toBe(false);
  });

  it('keeps its own number and first time, until the site gives them', () => {
    const first = resourceColumns(stateOf(reported), CARD, null, 41);
    expect(first).toMatchObject({ number: -41, created_at: AT });
    const again = resourceColumns(stateOf({ ...reported, at: LATER }), CARD, first, 57);
    expect(again).toMatchObject({ number: -41, created_at: AT });
    const given = { ...CARD, created_at: '2026-01-01T00:00:00Z' };
    const named = resourceColumns(stateOf({ ...reported, local_id: 7 }), given, again, 60);
    expect(named).toMatchObject({ number: 7, created_at: '2026-01-01T00:00:00Z' });
  });
});

describe('the line of a transfer', () => {
  const marked: TransferEvent = {
    type: 'ResourceMarked',
    at: AT,
    by: BY,
    transfer_id: '0b9f3f8e-52f5-5d6c-8d52-0b7d2f4b9a01',
    transfer_key: 'key',
    source_node_key: 'site-a',
    source_center_key: 'center-a',
    target_node_key: 'hub',
    resource_kind: 'report',
    resource_hash: hashOf(1),
    resource_version: 1,
    local_cleanup_policy: 'retain_processed_media',
  };
  const queued: TransferEvent = {
    type: 'TransferQueued',
    at: LATER,
    by: BY,
    reason: 'operator',
    frozen: frozen(sha256('media')),
  };
  const attempt = { at: LATER, by: BY, attempt: 1, attempt_id: '6f1f8a52-4a43-4b7e-9d3b-0d6a4a1c7a10', lease_token: 1 };
  const started: TransferEvent = {
    type: 'RegistrationStarted',
    ...attempt,
    payload_digest: sha256('payload'),
    eligibility: { eligible: true, resource_version: 1 },
  };
  const failed: TransferEvent = {
    type: 'TransferFailed',
    ...attempt,
    stage: 'registration',
    failure_class: 'transient',
    code: 'hub_timeout',
    counted: true,
    retryable: true,
    retries_exhausted: false,
    not_before: null,
    http_status: null,
    bytes_sent: 0,
  };

  it('is there while there is an intent, and begins anew when it is marked again', () => {
    expect(after(marked)).toMatchObject({ status: 'marked', marked_by: BY, marked_at: AT, queued_at: null });
    expect(after(marked, { type: 'ResourceUnmarked', at: LATER, by: BY })).toBeNull();
    expect(after(marked, { type: 'ResourceUnmarked', at: LATER, by: BY }, { ...marked, at: LATER })).toMatchObject({
      marked_at: LATER,
    });
  });

  it('remembers the last failure after it was queued again', () => {
    expect(after(marked, queued, started, failed, queued)).toMatchObject({
      status: 'queued',
      queued_at: LATER,
      last_failure: { code: 'hub_timeout', failure_class: 'transient', retryable: true, at: LATER },
    });
  });

  function after(...events: readonly TransferEvent[]): TransferColumns | null {
    return events.reduce<TransferColumns | null>(evolveTransferColumns, null);
  }
});

describe('how a resource stands with the hubs', () => {
  const on = (target_node_key: string, status: TransferColumns['status'], marked_at = AT, transfer_id = 'a') => ({
    transfer_id,
    target_node_key,
    status,
    marked_at,
  });

  it('tells each hub, and the one that was marked last', () => {
    expect(standingOf([])).toEqual({ standing: '{}', completed_for: [] });
    expect(standingOf([on('hub-b', 'failed', LATER), on('hub-a', 'completed'), on('z', 'completed')])).toEqual({
      standing: '{"": "failed", "z": "completed", "hub-a": "completed", "hub-b": "failed"}',
      completed_for: ['hub-a', 'z'],
    });
  });

  it('is the same in whatever order transfers are met that were marked in the same moment', () => {
    const both = [on('hub-a', 'marked', AT, 'b'), on('hub-b', 'queued', AT, 'a')];
    expect(standingOf(both)).toEqual(standingOf([...both].reverse()));
  });
});

function stateOf(event: ResourceReported): KnownResource {
  return resourceDecider.evolve(resourceDecider.initialState, event) as KnownResource;
}
