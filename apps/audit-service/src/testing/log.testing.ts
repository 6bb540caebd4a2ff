import {
  type Acknowledgement,
  busSubject,
  cloudEventText,
  documentDigest,
  type FrozenIntent,
  type HubExportEvent,
  type JsonObject,
  type RecordedEvent,
  type ResourceMarked,
  systemActor,
  transferId,
  transferKey,
  transferStream,
  userActor,
} from '@hub-export/contracts';
import { type BusMessage, MemoryEventStore } from '@hub-export/event-store';
import { v5 as uuid } from 'uuid';

export const START = Date.parse('2026-11-01T10:00:00.000Z');
export const alice = userActor('alice', 'Alice');
export const sender = systemActor('sender');
const NAMESPACE = '0d8d9b1e-54a0-4b62-9d1a-9c1c8f1f4a11';

/** A moment so many seconds after the start. */
export function at(seconds: number): string {
  return new Date(START + seconds * 1_000).toISOString();
}

/** A log in memory that is told what happened, second by second; the same story gives the same bytes. */
export class TestLog {
  private seconds = 0;
  private readonly versions = new Map<string, number>();
  private readonly store = new MemoryEventStore({ clock: () => START + this.seconds * 1_000 });

  /** Appends events to a stream, each at its own second. */
  async tell(streamId: string, ...events: readonly Untimed[]): Promise<this> {
    for (const event of events) await this.append(streamId, event);
    return this;
  }

  events(): Promise<readonly RecordedEvent[]> {
    return this.store.readAll(0, 10_000);
  }

  async messages(): Promise<readonly BusMessage[]> {
    return (await this.events()).map(toMessage);
  }

  private async append(streamId: string, event: Untimed): Promise<void> {
    this.seconds += 1;
    const expectedVersion = this.versions.get(streamId) ?? 0;
    const id = uuid(`event ${this.seconds}`, NAMESPACE);
    const { type, ...data } = { at: at(this.seconds), ...event };
    const appended = await this.store.append({
      streamId,
      expectedVersion,
      events: [{ id, type, data: data as unknown as JsonObject }],
      command: { key: id, digest: id },
      correlationId: `correlation-${this.seconds}`,
      causationId: this.seconds % 2 === 0 ? id : null,
    });
    if (appended.outcome !== 'appended') throw new Error(`The test's log answered ${appended.outcome}.`);
    this.versions.set(streamId, expectedVersion + 1);
  }
}

export function toMessage(event: RecordedEvent): BusMessage {
  return {
    sequence: event.globalSeq,
    subject: busSubject(event.streamId, event.type),
    id: event.id,
    body: cloudEventText(event),
  };
}

type WithoutTime<Event> = Event extends HubExportEvent ? Omit<Event, 'at'> : never;
/** An event whose time is the log's. */
export type Untimed = WithoutTime<HubExportEvent> | { readonly type: string; readonly [member: string]: unknown };

/** A resource and its transfer to a hub, named by digits that make up its hash. */
export interface Named {
  readonly id: string;
  readonly stream: string;
  readonly hash: string;
  readonly marked: WithoutTime<ResourceMarked>;
}

export function named(digits: string, center = 'center-a', target = 'hub'): Named {
  const resource_hash = digits.repeat(64 / digits.length);
  const transfer_key = transferKey({ source_node_key: 'site-a', resource_kind: 'video', resource_hash });
  const transfer_id = transferId(target, transfer_key);
  return {
    id: transfer_id,
    stream: transferStream(transfer_id),
    hash: resource_hash,
    marked: {
      type: 'ResourceMarked',
      by: alice,
      transfer_id,
      transfer_key,
      source_node_key: 'site-a',
      source_center_key: center,
      target_node_key: target,
      resource_kind: 'video',
      resource_hash,
      resource_version: 1,
      local_cleanup_policy: 'retain_processed_media',
    },
  };
}

const DIGEST = 'd'.repeat(64);

export const frozen: FrozenIntent = {
  profile: 'endoreg-3.0',
  payload_digest: DIGEST,
  snapshot_digest: DIGEST,
  media_sha256: DIGEST,
  media_size: 12,
  resource_version: 1,
};

export function queued(by = alice, reason: 'operator' | 'retry_policy' = 'operator'): Untimed {
  return { type: 'TransferQueued', by, reason, frozen };
}

const eligibility = { eligible: true, resource_version: 1 };

/** What is said of one attempt. */
export function attempt(number: number) {
  const of = { by: sender, attempt: number, attempt_id: uuid(`attempt ${number}`, NAMESPACE), lease_token: number };
  return {
    id: of.attempt_id,
    started: { ...of, type: 'RegistrationStarted', payload_digest: DIGEST, eligibility } as Untimed,
    accepted: {
      ...of,
      type: 'RegistrationAccepted',
      hub_transfer_id: 'remote-1',
      hub_status: 'awaiting_media',
      processing_decision: 'wait_for_missing_media',
    } as Untimed,
    uploading: { ...of, type: 'UploadStarted', media_sha256: DIGEST, media_size: 12, eligibility } as Untimed,
    unknown: {
      ...of,
      type: 'OutcomeUnknown',
      stage: 'upload',
      code: 'timeout',
      http_status: null,
      bytes_sent: 7,
    } as Untimed,
    asked: { ...of, type: 'HubAsked', answer: 'found', hub_status: 'awaiting_media', http_status: 200 } as Untimed,
    failed: (stage: 'registration' | 'upload', code: string, http_status: number | null = null): Untimed => ({
      ...of,
      type: 'TransferFailed',
      stage,
      failure_class: 'transient',
      code,
      retryable: true,
      counted: true,
      retries_exhausted: false,
      not_before: at(3_600),
      http_status,
      bytes_sent: stage === 'upload' ? 7 : 0,
    }),
    completed: (transfer: Named): Untimed => ({
      ...of,
      type: 'TransferCompleted',
      acknowledgement: acknowledgementOf(transfer),
      acknowledgement_digest: documentDigest(acknowledgementOf(transfer)),
      bytes_sent: 12,
    }),
  };
}

export function acknowledgementOf({ marked }: Named): Acknowledgement {
  return {
    hub_transfer_id: 'remote-1',
    transfer_key: marked.transfer_key,
    source_node_key: marked.source_node_key,
    target_node_key: marked.target_node_key,
    source_center_key: marked.source_center_key,
    resource_kind: marked.resource_kind,
    resource_hash: marked.resource_hash,
    processed_media_hash: DIGEST,
    transfer_mode: 'metadata_and_processed_media',
    payload_schema_version: '3.0',
    transfer_status: 'applied',
    processing_decision: 'skip_processing_preserved_state',
  };
}

export function refused(
  command: string,
  code: string,
  about: Partial<Omit<Named['marked'], 'transfer_id'>> & { readonly transfer_id: string | null },
): Untimed {
  return {
    type: 'CommandRefused',
    by: userActor('bob', null),
    command,
    code,
    resource_kind: about.resource_kind ?? null,
    resource_hash: about.resource_hash ?? null,
    target_node_key: about.target_node_key ?? null,
    transfer_id: about.transfer_id,
  };
}

export function reported(transfer: Named, center: string | null = 'center-a'): Untimed {
  return {
    type: 'ResourceReported',
    by: systemActor('site'),
    resource_kind: 'video',
    resource_hash: transfer.hash,
    source_node_key: 'site-a',
    source_version: 1,
    snapshot_digest: DIGEST,
    local_id: 17,
    center_key: center,
    anonymization_state: 'VALIDATED',
    processing_error: false,
    processed_media: { present: true, sha256: DIGEST, size: 12, suffix: '.mp4' },
    segment_status: null,
    hashes_consistent: true,
    content_complete: true,
    patient_hash: null,
    examination_hash: null,
  };
}

export const resourceStreamOf = ({ hash }: Named): string => `resource-video-${hash}`;

/** A life with everything in it: an unmark, a hold, a refusal, three attempts, and at last success. */
export async function tellFullLife(log: TestLog, transfer: Named): Promise<void> {
  const [one, two, three] = [attempt(1), attempt(2), attempt(3)];
  await log.tell(resourceStreamOf(transfer), reported(transfer));
  await log.tell(transfer.stream, transfer.marked, { type: 'ResourceUnmarked', by: alice }, transfer.marked, queued());
  await log.tell('refusal-5f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11', refused('unmark', 'already_queued', transfer.marked));
  await log.tell(
    transfer.stream,
    { type: 'TransferHeld', by: alice, reason: 'operator' },
    { type: 'TransferReleased', by: alice, reason: 'operator' },
  );
  await log.tell(
    transfer.stream,
    one.started,
    one.failed('registration', 'http_503', 503),
    queued(sender, 'retry_policy'),
  );
  await log.tell(transfer.stream, two.started, two.accepted, two.uploading, two.unknown, two.asked);
  await log.tell(transfer.stream, two.failed('upload', 'connection_reset'), queued());
  await log.tell(transfer.stream, three.started, three.accepted, three.uploading, three.completed(transfer));
  await log.tell(transfer.stream, { type: 'LocalMediaRetained', by: sender });
}
