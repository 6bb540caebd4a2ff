import {
  type Actor,
  documentDigest,
  entryHash,
  entryText,
  GENESIS_HASH,
  type JsonObject,
  resourceStream,
  transferId,
  transferKey,
  transferStream,
  userActor,
} from '@hub-export/contracts';
import {
  entryLeaf,
  inclusionPath,
  leafHash,
  nodeHash,
  type Hash,
  signCheckpoint,
  toBase64,
} from '@hub-export/transparency-log';
import { canonicalJson } from '@hub-export/contracts';
import type { KeyObject } from 'node:crypto';
import type { DeliveryCertificate, ProvenEntry } from './certificate.js';

const HASH = 'a'.repeat(64);
const DIGEST = 'd'.repeat(64);
const identity = { source_node_key: 'site-a', resource_kind: 'video', resource_hash: HASH } as const;
const transfer_key = transferKey(identity);
const transfer_id = transferId('hub', transfer_key);
const names = { ...identity, transfer_key, target_node_key: 'hub', source_center_key: 'center-a' };
const sender: Actor = { kind: 'system', reason: 'sender' };

/** Streams with their events, in the order of a log: a foreign one, the resource, and a life with a failure. */
export function story(by: Actor = userActor('alice', 'Alice')): readonly (readonly [string, string, JsonObject])[] {
  const stream = transferStream(transfer_id);
  const of = (attempt: number) => ({
    by: { ...sender },
    attempt,
    attempt_id: '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    lease_token: attempt,
  });
  const eligibility = { eligible: true, resource_version: 1 };
  const acknowledgement = {
    ...names,
    hub_transfer_id: 'remote-1',
    processed_media_hash: DIGEST,
    transfer_mode: 'metadata_and_processed_media',
    payload_schema_version: '3.0',
    transfer_status: 'applied',
    processing_decision: 'skip_processing_preserved_state',
  };
  const frozen = {
    profile: 'endoreg-3.0',
    payload_digest: DIGEST,
    snapshot_digest: DIGEST,
    media_sha256: DIGEST,
    media_size: 12,
    resource_version: 1,
  };
  const told: readonly (readonly [string, string, object])[] = [
    ['egress', 'EgressStopped', { by }],
    [
      resourceStream('video', HASH),
      'ResourceReported',
      {
        by: { kind: 'system', reason: 'site' },
        ...identity,
        source_version: 1,
        snapshot_digest: DIGEST,
        local_id: 17,
        center_key: 'center-a',
        anonymization_state: 'VALIDATED',
        processing_error: false,
        processed_media: { present: true, sha256: DIGEST, size: 12, suffix: '.mp4' },
        segment_status: null,
        hashes_consistent: true,
        content_complete: true,
        patient_hash: null,
        examination_hash: null,
      },
    ],
    [
      stream,
      'ResourceMarked',
      { by, ...names, transfer_id, resource_version: 1, local_cleanup_policy: 'retain_processed_media' },
    ],
    [stream, 'TransferQueued', { by, reason: 'operator', frozen }],
    [stream, 'RegistrationStarted', { ...of(1), payload_digest: DIGEST, eligibility }],
    [
      stream,
      'TransferFailed',
      {
        ...of(1),
        stage: 'registration',
        failure_class: 'transient',
        code: 'http_503',
        retryable: true,
        counted: true,
        retries_exhausted: false,
        not_before: '2026-11-01T11:00:00Z',
        http_status: 503,
        bytes_sent: 0,
      },
    ],
    [stream, 'TransferQueued', { by: sender, reason: 'retry_policy', frozen }],
    [stream, 'RegistrationStarted', { ...of(2), payload_digest: DIGEST, eligibility }],
    [
      stream,
      'RegistrationAccepted',
      { ...of(2), hub_transfer_id: 'remote-1', hub_status: 'awaiting_media', processing_decision: 'wait' },
    ],
    [stream, 'UploadStarted', { ...of(2), media_sha256: DIGEST, media_size: 12, eligibility }],
    [
      stream,
      'TransferCompleted',
      { ...of(2), acknowledgement, acknowledgement_digest: documentDigest(acknowledgement), bytes_sent: 12 },
    ],
    [stream, 'LocalMediaRetained', { by: sender }],
  ];
  return told.map(([name, type, data], place) => [
    name,
    type,
    { at: `2026-11-01T10:00:${String(place).padStart(2, '0')}.000Z`, ...data },
  ]);
}

/** The entries of a log, with their proofs in the tree over all of it, and its signed checkpoint. */
export function provenLog(
  told: ReturnType<typeof story>,
  privateKey: KeyObject,
): { readonly entries: readonly ProvenEntry[]; readonly checkpoint: string } {
  const versions = new Map<string, number>();
  let hash = GENESIS_HASH;
  const entries = told.map(([streamId, type, data], place) => {
    const version = (versions.get(streamId) ?? 0) + 1;
    versions.set(streamId, version);
    const text = entryText({
      globalSeq: place + 1,
      streamId,
      version,
      id: `00000000-0000-4000-8000-${String(place).padStart(12, '0')}`,
      type,
      correlationId: 'correlation',
      causationId: null,
      recordedAt: `2026-11-01T10:00:${String(place).padStart(2, '0')}.000000Z`,
      dataText: canonicalJson(data),
    });
    hash = entryHash(hash, text);
    return { global_seq: place + 1, entry_hash: hash, entry_text: text };
  });
  const leaves = entries.map(({ entry_text, entry_hash }) => leafHash(entryLeaf(entry_text, entry_hash)));
  const root = rootBetween(leaves, 0, leaves.length);
  return {
    entries: entries.map((entry, place) => ({
      ...entry,
      proof: inclusionPath(place, leaves.length).map(({ from, to }) => toBase64(rootBetween(leaves, from, to))),
    })),
    checkpoint: signCheckpoint({ origin: 'hub-export/site-a', size: leaves.length, root }, privateKey),
  };
}

/** The evidence of the story's delivery. */
export function evidenceOf({ entries, checkpoint }: ReturnType<typeof provenLog>): DeliveryCertificate['evidence'] {
  const [, resource, ...life] = entries;
  if (resource === undefined) throw new Error('The story has a resource.');
  return { resource, life: life.slice(0, -1), checkpoint };
}

/** RFC 6962, 2.1, as it is written. */
function rootBetween(leaves: readonly Hash[], from: number, to: number): Hash {
  const [only] = leaves.slice(from, to);
  if (to - from === 1 && only !== undefined) return only;
  let split = 1;
  while (split * 2 < to - from) split *= 2;
  return nodeHash(rootBetween(leaves, from, from + split), rootBetween(leaves, from + split, to));
}
