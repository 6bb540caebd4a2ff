import {
  documentDigest,
  type RecordedEvent,
  type ResourceEvent,
  resourceStream,
  type TransferEvent,
  type TransferFailed,
  transferId,
  transferStream,
} from '@hub-export/contracts';
import { fold } from '@hub-export/event-sourcing';
import { type DomainEvent, toDomainEvent } from '@hub-export/event-store';
import { transferDecider } from '@hub-export/transfer-life';
import { frozen, hashOf, reportSnapshot, sha256 } from '../testing/marking.testing.js';

/** One thing that happens: to a resource itself, or to its transfer to a hub. */
export interface Happening {
  readonly resource: number;
  readonly hub: string | null;
  /** From 0 to 11: which of the things that may come next. */
  readonly choice: number;
}

/** What a report tells of a resource that lacks nothing. */
export const WHOLE = {
  processing_error: false,
  processed_media: { present: true, sha256: sha256('media'), size: 1, suffix: '.pdf' },
  segment_status: null,
  hashes_consistent: true,
  content_complete: true,
  patient_hash: null,
  examination_hash: null,
} as const;

const BY = { kind: 'user', subject: 'alice', name: 'Alice' } as const;
const KIND = 'report';
/** Their keys are of different lengths, and out of order. */
export const HUBS = ['hub-b', 'hub-a', 'z'];

/** What the site may tell of a resource: with and without what stays once it was given. */
export const SNAPSHOTS = [
  { created_at: '2026-11-01T10:00:00.123456Z', file_name: 'first.pdf' },
  { created_at: null, center_name: 'Another center' },
  { created_at: null, privacy: {} },
].map((otherwise) => reportSnapshot(1, otherwise));
const DIGESTS = SNAPSHOTS.map((snapshot) => documentDigest(snapshot));

/** Reported, marked, and all the way to the hub's acknowledgement. */
export function wholeLife(resource: number): readonly Happening[] {
  return [null, ...Array.from({ length: 6 }, () => 'z')].map((hub) => ({ resource, hub, choice: 1 }));
}

/** The log that these happenings leave; one that the rules would refuse leaves nothing. */
export function logOf(happenings: readonly Happening[]): readonly RecordedEvent[] {
  const log: RecordedEvent[] = [];
  for (const { resource, hub, choice } of happenings) {
    const at = new Date(Date.UTC(2026, 10, 2, 8) + log.length * 1_000).toISOString();
    const reported = streamOf(log, resourceStream(KIND, hashOf(resource)));
    if (hub === null)
      append(log, resourceStream(KIND, hashOf(resource)), resourceEvent(resource, reported.length, choice, at));
    else if (reported.length > 0) {
      const id = transferId(hub, `key ${resource}`);
      append(log, transferStream(id), transferEvent(streamOf(log, transferStream(id)), id, resource, hub, choice, at));
    }
  }
  return log;
}

function streamOf(log: readonly RecordedEvent[], streamId: string): readonly RecordedEvent[] {
  return log.filter((event) => event.streamId === streamId);
}

function append(log: RecordedEvent[], streamId: string, event: DomainEvent | null): void {
  if (event === null) return;
  const { type, ...data } = event;
  log.push({
    globalSeq: log.length + 1,
    streamId,
    version: streamOf(log, streamId).length + 1,
    id: sha256(`${log.length}`),
    type,
    data,
    correlationId: 'test',
    causationId: null,
    recordedAt: AT,
    hash: '',
  });
}

const AT = '2026-11-02T08:00:00.000000Z';

function resourceEvent(resource: number, version: number, choice: number, at: string): ResourceEvent {
  const name = {
    at,
    by: BY,
    resource_kind: KIND,
    resource_hash: hashOf(resource),
    source_version: version + 1,
  } as const;
  if (version > 0 && choice > 8) return { type: 'ResourceWithdrawn', ...name };
  const told = choice % DIGESTS.length;
  return {
    type: 'ResourceReported',
    ...name,
    source_node_key: 'site-a',
    snapshot_digest: DIGESTS[told] ?? '',
    local_id: choice > 6 ? resource : null,
    center_key: 'center-a',
    anonymization_state: choice % 2 === 0 ? 'VALIDATED' : 'STARTED',
    ...WHOLE,
  };
}

/** What may come next in a transfer's life; null where that is over. */
function transferEvent(
  history: readonly RecordedEvent[],
  id: string,
  resource: number,
  hub: string,
  choice: number,
  at: string,
): TransferEvent | null {
  const state = fold(transferDecider, history.map(toDomainEvent<TransferEvent>));
  const attempt = { at, by: BY, attempt: 1, attempt_id: '6f1f8a52-4a43-4b7e-9d3b-0d6a4a1c7a10', lease_token: 1 };
  const eligibility = { eligible: true, resource_version: 1 };
  switch (state.status) {
    case 'not_marked':
      return {
        type: 'ResourceMarked',
        at,
        by: BY,
        transfer_id: id,
        transfer_key: `key ${resource}`,
        source_node_key: 'site-a',
        source_center_key: 'center-a',
        target_node_key: hub,
        resource_kind: KIND,
        resource_hash: hashOf(resource),
        resource_version: 1,
        local_cleanup_policy: 'retain_processed_media',
      };
    case 'marked':
      if (choice > 7) return { type: 'ResourceUnmarked', at, by: BY };
      return { type: 'TransferQueued', at, by: BY, reason: 'operator', frozen: frozen(sha256('media')) };
    case 'queued':
      return { type: 'RegistrationStarted', ...attempt, payload_digest: sha256('payload'), eligibility };
    case 'registering':
      if (choice > 7) return failed(attempt);
      return {
        type: 'RegistrationAccepted',
        ...attempt,
        hub_transfer_id: 'remote-1',
        hub_status: 'awaiting_media',
        processing_decision: 'none',
      };
    case 'awaiting_media':
      return { type: 'UploadStarted', ...attempt, media_sha256: sha256('media'), media_size: 1, eligibility };
    case 'uploading':
      return {
        type: 'TransferCompleted',
        ...attempt,
        acknowledgement: { hub_transfer_id: 'remote-1' } as never,
        acknowledgement_digest: sha256('acknowledgement'),
        bytes_sent: 1,
      };
    case 'failed':
      return { type: 'TransferQueued', at, by: BY, reason: 'operator', frozen: frozen(sha256('media')) };
    case 'completed':
      return null;
  }
}

function failed(attempt: Pick<TransferFailed, 'at' | 'by' | 'attempt' | 'attempt_id' | 'lease_token'>): TransferEvent {
  return {
    type: 'TransferFailed',
    ...attempt,
    stage: 'registration',
    failure_class: 'transient',
    code: 'hub_unreachable',
    counted: true,
    retryable: true,
    retries_exhausted: false,
    not_before: null,
    http_status: null,
    bytes_sent: 0,
  };
}
