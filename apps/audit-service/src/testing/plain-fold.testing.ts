import type { RecordedEvent } from '@hub-export/contracts';

/**
 * What the audit has to answer, worked out a second time and in another way: by looking back over the raw events, with
 * none of the service's code. Slow, and plain enough to be checked by eye.
 */
export class PlainFold {
  constructor(private readonly events: readonly RecordedEvent[]) {}

  /** Each event with what it is about. */
  lines(): readonly PlainLine[] {
    return this.events.map((event) => this.line(event));
  }

  transferIds(): readonly string[] {
    return [...new Set(this.events.filter(isMark).map(({ data }) => data['transfer_id'] as string))];
  }

  /** The whole answer for one transfer, without what concerns the chain. */
  transfer(id: string): Record<string, unknown> {
    const own = this.own(id);
    const lastMark = own.findLast(isMark) as RecordedEvent;
    const marks = own.filter(({ type }) => type === 'ResourceMarked' || type === 'ResourceUnmarked');
    const queues = own.filter(({ type }) => type === 'TransferQueued');
    const failures = own.filter(({ type }) => type === 'TransferFailed');
    const done = own.find(({ type }) => type === 'TransferCompleted');
    const attempts = this.attempts(own);
    const upload = attempts.findLast(({ upload_started_at }) => upload_started_at !== null);
    const isTakenBack = marks.at(-1)?.type === 'ResourceUnmarked';
    const kept = own.findLast(({ type }) => type.startsWith('LocalMedia'));
    const {
      by: _by,
      at: _at,
      resource_version: _version,
      local_cleanup_policy,
      source_center_key,
      ...names
    } = lastMark.data;
    return {
      ...names,
      center_key: source_center_key,
      ...this.pseudonyms(lastMark),
      status: statusOf(own),
      held: heldOf(own),
      marked_by: lastMark.data['by'],
      marked_at: lastMark.data['at'],
      unmarked_by: isTakenBack ? marks.at(-1)?.data['by'] : null,
      unmarked_at: isTakenBack ? marks.at(-1)?.data['at'] : null,
      queued_at: queues.at(-1)?.data['at'] ?? null,
      queued_by: queues.at(-1)?.data['by'] ?? null,
      registration_started_at: attempts.at(-1)?.['registration_started_at'] ?? null,
      registration_finished_at: attempts.at(-1)?.['registration_finished_at'] ?? null,
      upload_started_at: upload?.['upload_started_at'] ?? null,
      upload_finished_at: upload?.['upload_finished_at'] ?? null,
      attempt_count: attempts.length,
      last_failure: failures.length === 0 ? null : failure(failures.at(-1) as RecordedEvent),
      final_outcome: done === undefined ? null : finalOutcome(done),
      marks: marks.map((event) => ({
        action: isMark(event) ? 'marked' : 'unmarked',
        ...pick(event, 'by', 'at', ...(isMark(event) ? ['resource_version', 'local_cleanup_policy'] : [])),
      })),
      queues: queues.map((event) => ({
        ...pick(event, 'reason', 'by', 'at', ...('priority' in event.data ? ['priority'] : [])),
        ...(event.data['frozen'] as object),
        is_retry: own.some(({ type, version }) => type === 'TransferFailed' && version < event.version),
      })),
      holds: own
        .filter(({ type }) => type === 'TransferHeld' || type === 'TransferReleased')
        .map((event) => ({
          action: event.type === 'TransferHeld' ? 'held' : 'released',
          ...pick(event, 'reason', 'by', 'at'),
        })),
      attempts,
      local_cleanup: {
        policy: local_cleanup_policy,
        outcome: kept === undefined ? null : kept.type === 'LocalMediaRetained' ? 'retained' : 'cleanup_eligible',
        at: kept?.data['at'] ?? null,
      },
      refusals: this.events
        .filter(({ type, data }) => type === 'CommandRefused' && isAbout(data, lastMark))
        .map((event) => ({ global_seq: event.globalSeq, ...pick(event, 'command', 'code', 'by', 'at') })),
    };
  }

  /** Who ever acted on it, or was refused to. */
  actors(id: string): readonly string[] {
    return this.lines().flatMap((line) => (line.transfer_id === id && line.actor !== null ? [line.actor] : []));
  }

  private own(id: string): readonly RecordedEvent[] {
    return this.events.filter(({ streamId }) => streamId === `transfer-${id}`);
  }

  private attempts(own: readonly RecordedEvent[]): readonly Record<string, unknown>[] {
    const starts = own.filter(({ type }) => type === 'RegistrationStarted');
    return starts.map((start) => {
      const of = own.filter(({ data }) => data['attempt'] === start.data['attempt']);
      const one = (type: string): RecordedEvent | undefined => of.find((event) => event.type === type);
      const [accepted, upload, failed, done] = [
        one('RegistrationAccepted'),
        one('UploadStarted'),
        one('TransferFailed'),
        one('TransferCompleted'),
      ];
      const end = failed ?? done;
      const said = (done?.data['acknowledgement'] ?? accepted?.data ?? {}) as Record<string, unknown>;
      return {
        ...pick(start, 'attempt', 'attempt_id', 'payload_digest', 'eligibility'),
        registration_started_at: start.data['at'],
        registration_finished_at: accepted?.data['at'] ?? end?.data['at'] ?? null,
        hub_transfer_id: said['hub_transfer_id'] ?? null,
        hub_status: said['transfer_status'] ?? said['hub_status'] ?? null,
        processing_decision: said['processing_decision'] ?? null,
        upload_started_at: upload?.data['at'] ?? null,
        upload_finished_at: upload === undefined ? null : (end?.data['at'] ?? null),
        upload_eligibility: upload?.data['eligibility'] ?? null,
        media_sha256: upload?.data['media_sha256'] ?? null,
        media_size: upload?.data['media_size'] ?? null,
        outcome: failed !== undefined ? 'failed' : done !== undefined ? 'completed' : 'running',
        ended_at: end?.data['at'] ?? null,
        failure: failed === undefined ? null : failure(failed),
        bytes_sent: Math.max(0, ...of.map(({ data }) => (data['bytes_sent'] as number | undefined) ?? 0)),
        unknown_outcomes: of
          .filter(({ type }) => type === 'OutcomeUnknown')
          .map((event) => pick(event, 'stage', 'code', 'http_status', 'bytes_sent', 'at')),
        hub_answers: of
          .filter(({ type }) => type === 'HubAsked')
          .map((event) => pick(event, 'answer', 'hub_status', 'http_status', 'at')),
      };
    });
  }

  private line(event: RecordedEvent): PlainLine {
    const { globalSeq: global_seq, type, recordedAt: recorded_at, data } = event;
    const by = data['by'] as { kind: string; subject?: string; reason?: string };
    const actor = by.kind === 'user' ? `user:${by.subject}` : `system:${by.reason}`;
    return { global_seq, type, recorded_at, actor, outcome: outcomes[type] ?? 'done', ...this.about(event) };
  }

  private about(event: RecordedEvent): About {
    const { type, streamId, data } = event;
    const id = streamId.startsWith('transfer-') ? streamId.slice('transfer-'.length) : (data['transfer_id'] ?? null);
    const mark = this.before(event).findLast((other) => isMark(other) && other.data['transfer_id'] === id);
    if (mark !== undefined) {
      const target = (type === 'CommandRefused' ? data['target_node_key'] : null) ?? mark.data['target_node_key'];
      const resource = data['resource_hash'] === undefined || data['resource_hash'] === null ? mark : event;
      return {
        ...names(id, resource, target),
        center_key: text(mark.data['source_center_key']),
        ...this.pseudonyms(mark),
      };
    }
    const target = data['target_node_key'] ?? (ABOUT_A_NODE.includes(type) ? data['node_key'] : null);
    const report = this.report(event);
    return { ...names(id, event, target), center_key: text(report?.data['center_key']), ...this.pseudonyms(event) };
  }

  /** The last that the site told of the event's resource up to it. */
  private report({ globalSeq, data }: RecordedEvent): RecordedEvent | undefined {
    return this.events.findLast(
      (other) =>
        other.type === 'ResourceReported' &&
        other.globalSeq <= globalSeq &&
        other.data['resource_hash'] === data['resource_hash'],
    );
  }

  private pseudonyms(event: RecordedEvent): Pick<About, 'patient_hash' | 'examination_hash'> {
    const report = this.report(event);
    return {
      patient_hash: text(report?.data['patient_hash']),
      examination_hash: text(report?.data['examination_hash']),
    };
  }

  private before({ globalSeq }: RecordedEvent): readonly RecordedEvent[] {
    return this.events.slice(0, globalSeq);
  }
}

interface About {
  readonly transfer_id: string | null;
  readonly resource_kind: string | null;
  readonly resource_hash: string | null;
  readonly center_key: string | null;
  readonly target_node_key: string | null;
  readonly patient_hash: string | null;
  readonly examination_hash: string | null;
}

export interface PlainLine extends About {
  readonly global_seq: number;
  readonly recorded_at: string;
  readonly type: string;
  readonly actor: string | null;
  readonly outcome: string;
}

const ABOUT_A_NODE: readonly string[] = ['NodeRecorded', 'HubCircuitOpened', 'HubCircuitClosed'];

const outcomes: Readonly<Record<string, string>> = {
  CommandRefused: 'refused',
  TransferFailed: 'failed',
  OutcomeUnknown: 'unknown',
};

function isMark({ type }: RecordedEvent): boolean {
  return type === 'ResourceMarked';
}

/** It names the transfer; or no transfer, but its resource, and no other hub. */
function isAbout(data: RecordedEvent['data'], { data: mark }: RecordedEvent): boolean {
  if (data['transfer_id'] !== null) return data['transfer_id'] === mark['transfer_id'];
  const isHub = data['target_node_key'] === null || data['target_node_key'] === mark['target_node_key'];
  return isHub && data['resource_hash'] === mark['resource_hash'] && data['resource_kind'] === mark['resource_kind'];
}

function statusOf(own: readonly RecordedEvent[]): string {
  return own.reduce((status, { type }) => states[type] ?? status, 'not_marked');
}

const states: Readonly<Record<string, string>> = {
  ResourceMarked: 'marked',
  ResourceUnmarked: 'not_marked',
  TransferQueued: 'queued',
  RegistrationStarted: 'registering',
  RegistrationAccepted: 'awaiting_media',
  UploadStarted: 'uploading',
  TransferCompleted: 'completed',
  TransferFailed: 'failed',
};

/** A new mark begins without holds. */
function heldOf(own: readonly RecordedEvent[]): readonly unknown[] {
  const held = new Set<unknown>();
  for (const { type, data } of own) {
    if (type === 'ResourceMarked') held.clear();
    if (type === 'TransferHeld') held.add(data['reason']);
    if (type === 'TransferReleased') held.delete(data['reason']);
  }
  return [...held];
}

function finalOutcome(done: RecordedEvent): Record<string, unknown> {
  const said = done.data['acknowledgement'] as Record<string, unknown>;
  const { hub_transfer_id, transfer_status, processing_decision } = said;
  return {
    status: 'completed',
    hub_transfer_id,
    transfer_status,
    processing_decision,
    ...pick(done, 'attempt', 'acknowledgement', 'acknowledgement_digest', 'at'),
  };
}

function failure(failed: RecordedEvent): Record<string, unknown> {
  const names = ['attempt', 'stage', 'failure_class', 'code', 'http_status', 'retryable', 'retries_exhausted'];
  return pick(failed, ...names, 'not_before', 'at');
}

function names(id: unknown, { data }: RecordedEvent, target: unknown) {
  return {
    transfer_id: text(id),
    resource_kind: text(data['resource_kind']),
    resource_hash: text(data['resource_hash']),
    target_node_key: text(target),
  };
}

function pick({ data }: RecordedEvent, ...members: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(members.map((member) => [member, data[member]]));
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
