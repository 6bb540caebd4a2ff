import type { RecordedEvent } from '@hub-export/contracts';
import type { JournalRecord, RequestStory } from '@hub-export/hub-simulator';
import {
  type Check,
  CLOCK_SLACK_MS,
  type Evidence,
  keyOf,
  lives,
  moment,
  requestsByKey,
  textOf,
  type Violation,
} from './evidence.js';
import { stateOf, violation } from './log-checks.js';
import { isProbe, probesOutOfTurn } from './probe-checks.js';

interface Life {
  readonly id: string;
  readonly key: string;
  readonly life: readonly RecordedEvent[];
  readonly requests: readonly RequestStory[];
}

function each({ events, requests }: Evidence, check: (life: Life) => readonly Violation[]): readonly Violation[] {
  const byKey = requestsByKey(requests);
  return [...lives(events)].flatMap(([id, life]) => {
    const key = keyOf(life);
    return check({ id, key, life, requests: byKey.get(key) ?? [] });
  });
}

/** I2: no registration and no media without a mark, a queueing and the start of that very attempt, recorded before. */
export const noEgressWithoutAuthority: Check = (evidence) => [
  ...each(evidence, ({ key, life, requests }) =>
    requests
      .filter(({ step }) => step !== 'status')
      .flatMap((request) => {
        const start = life.find((event) => isStartOf(event, request));
        if (start === undefined) return [violation('I2', key, `${request.step} of an attempt that was never begun`)];
        if (moment(start.recordedAt) > moment(request.begun_at) + CLOCK_SLACK_MS)
          return [violation('I2', key, `${request.step} before its attempt was recorded`)];
        return authorityAt(life, start) ? [] : [violation('I2', key, `${request.step} without mark and queueing`)];
      }),
  ),
  ...requestsOfNoTransfer(evidence),
  ...probesOutOfTurn(evidence),
  ...startsWhileStopped(evidence),
];

/** I3: each attempt begins with a verdict that rests on the resource as it was then recorded. */
export const eligibleAtTheMomentOfUse: Check = ({ events }) => {
  const versions = new Map<string, number>();
  const marks = new Map<string, string>();
  return events.flatMap(({ streamId, version, type, data }) => {
    versions.set(streamId, version);
    if (type === 'ResourceMarked')
      marks.set(streamId, `resource-${textOf(data['resource_kind'])}-${textOf(data['resource_hash'])}`);
    if (type !== 'RegistrationStarted' && type !== 'UploadStarted') return [];
    const verdict = data['eligibility'] as { eligible?: boolean; resource_version?: number } | undefined;
    const current = versions.get(marks.get(streamId) ?? '');
    if (verdict?.eligible !== true) return [violation('I3', streamId, `${type} without a verdict`)];
    return verdict.resource_version === current ? [] : [violation('I3', streamId, `${type} on an old verdict`)];
  });
};

/** I4: one key a resource and hub, registered once, however often it was tried. */
export const oneLogicalTransfer: Check = ({ journal }) => {
  const registered = new Map<string, number>();
  const accepted = new Map<string, number>();
  const keys = new Map<string, Set<string>>();
  const found: Violation[] = [];
  for (const record of journal) {
    if (record.type === 'TransferRegistered') {
      const { transfer_key, resource_hash } = record.job;
      if (again(registered, transfer_key)) found.push(violation('I4', transfer_key, 'registered twice'));
      keys.set(resource_hash, (keys.get(resource_hash) ?? new Set()).add(transfer_key));
    }
    if (isApplication(record)) {
      if (again(accepted, record.transfer_key)) found.push(violation('I4', record.transfer_key, 'two bodies taken'));
    }
    // What a hub has lost may be brought to it once more.
    if (record.type === 'TransferForgotten') {
      registered.delete(record.transfer_key);
      accepted.delete(record.transfer_key);
    }
  }
  const two = [...keys].filter(([, all]) => all.size > 1);
  return [...found, ...two.map(([hash]) => violation('I4', hash, 'two keys for one resource'))];
};

function again(counts: Map<string, number>, key: string): boolean {
  const times = (counts.get(key) ?? 0) + 1;
  counts.set(key, times);
  return times > 1;
}

/** I7: what is completed lies at the hub, applied, with the bytes that were approved, and is vouched for field by field. */
export const completedMeansVerified: Check = (evidence) => {
  const taken = bytesTaken(evidence);
  return each(evidence, ({ key, life, requests }) => {
    const completed = life.find(({ type }) => type === 'TransferCompleted');
    if (completed === undefined) return [];
    const bytes = taken.get(key) ?? new Set<string>();
    const frozen = life.findLast(({ type }) => type === 'TransferQueued')?.data['frozen'] as { media_sha256?: string };
    const acknowledgement = completed.data['acknowledgement'] as Record<string, unknown>;
    const mark = life[0]?.data ?? {};
    const found: Violation[] = [];
    if (bytes.size === 0) found.push(violation('I7', key, 'completed, and not applied'));
    if (bytes.size > 0 && !bytes.has(frozen.media_sha256 ?? ''))
      found.push(violation('I7', key, 'completed with other bytes than were approved'));
    for (const field of [
      'transfer_key',
      'source_node_key',
      'target_node_key',
      'source_center_key',
      'resource_kind',
      'resource_hash',
    ])
      if (acknowledgement[field] !== mark[field]) found.push(violation('I7', key, `acknowledged for another ${field}`));
    const answered = requests.some(
      ({ status, transfer_status, ended_at, step }) =>
        (status === 200 || status === 201) &&
        (transfer_status === 'applied' || step === 'media') &&
        ended_at !== null &&
        moment(ended_at) <= moment(completed.recordedAt) + CLOCK_SLACK_MS,
    );
    if (!answered) found.push(violation('I7', key, 'completed before the hub had said so'));
    return found;
  });
};

/** The digests of the media that the hub took, by key. Where it was told to spoil what it stores: as it received them. */
function bytesTaken({ journal, requests }: Evidence): ReadonlyMap<string, ReadonlySet<string>> {
  const received = new Map(
    requests.flatMap((request) =>
      request.fault === 'store-wrong-bytes' ? [[request.commit, request.media_sha256 ?? ''] as const] : [],
    ),
  );
  const taken = new Map<string, Set<string>>();
  for (const record of journal) {
    if (!isApplication(record)) continue;
    const bytes = taken.get(record.transfer_key) ?? new Set();
    taken.set(record.transfer_key, bytes.add(received.get(record.seq) ?? record.set.media?.sha256 ?? ''));
  }
  return taken;
}

/** I8: what the hub has applied is found, and no media is sent for it again. */
export const appliedIsFound: Check = (evidence) => {
  const ends = new Map(evidence.expectations.map((expected) => [expected.transferKey, expected]));
  const applied = new Map<string, string>();
  for (const record of evidence.journal) {
    if (isApplication(record)) applied.set(record.transfer_key, record.at);
    if (record.type === 'TransferForgotten') applied.delete(record.transfer_key);
  }
  return each(evidence, ({ key, life, requests }) => {
    const at = applied.get(key);
    if (at === undefined) return [];
    // An attempt that was begun before, and slept, may still send; what began after must not.
    const again = requests.filter(({ step, x_request_id }) => {
      const begun = life.find(
        ({ type, data }) => type === 'RegistrationStarted' && data['attempt_id'] === x_request_id,
      );
      return step === 'media' && begun !== undefined && moment(begun.recordedAt) > moment(at) + CLOCK_SLACK_MS;
    }).length;
    const found = again > 0 ? [violation('I8', key, `${again} more uploads after it was applied`)] : [];
    const mustComplete = ends.get(key)?.end === 'completed';
    if (mustComplete && stateOf(life) !== 'completed') found.push(violation('I8', key, 'applied, and never found'));
    return found;
  });
};

/** I9: media goes out only while the hub awaits it, and the intent is a fact before. */
export const mediaOnlyWhenAwaited: Check = (evidence) =>
  each(evidence, ({ key, life, requests }) =>
    requests.flatMap((request, place) => {
      if (request.step !== 'media') return [];
      const awaited = requests
        .slice(0, place)
        .some(
          ({ step, status, transfer_status }) =>
            step !== 'media' && status !== null && status < 300 && transfer_status === 'awaiting_media',
        );
      const intent = life.find(
        ({ type, data }) => type === 'UploadStarted' && data['attempt_id'] === request.x_request_id,
      );
      const found = awaited ? [] : [violation('I9', key, 'media before the hub awaited it')];
      if (intent === undefined || moment(intent.recordedAt) > moment(request.begun_at) + CLOCK_SLACK_MS)
        found.push(violation('I9', key, 'media before its intent was recorded'));
      return found;
    }),
  );

/** I10 and I11: every accepted body has the approved digest, and every registration of a key the frozen payload. */
export const bytesAreTheBytes: Check = (evidence) => {
  const applications = new Set(evidence.journal.filter(isApplication).map(({ seq }) => seq));
  return each(evidence, ({ key, life, requests }) => {
    const frozen = life
      .filter(({ type }) => type === 'TransferQueued')
      .map(({ data }) => data['frozen'] as unknown as FrozenFields);
    const media = new Set(frozen.map(({ media_sha256 }) => media_sha256));
    const payloads = new Set(frozen.map(({ payload_digest }) => payload_digest));
    return requests.flatMap((request) => {
      const { step, commit, media_sha256, body_sha256, body_bytes, content_length } = request;
      if (step === 'media' && applications.has(commit ?? 0) && !media.has(media_sha256 ?? ''))
        return [violation('I10', key, 'the hub took bytes that were not approved')];
      const whole = content_length !== null && body_bytes === content_length && body_bytes > 0;
      if (step === 'create' && whole && !payloads.has(body_sha256))
        return [violation('I11', key, 'a registration with another payload than was frozen')];
      return [];
    });
  });
};

/** I14: after an outcome that may have taken effect, the next request is a question. */
export const askBeforeResend: Check = (evidence) =>
  each(evidence, ({ key, life, requests }) =>
    requests.flatMap((request, place) => {
      const next = requests[place + 1];
      if (next === undefined || next.step === 'status' || request.step === 'status') return [];
      const lost = request.outcome !== 'answered' || (request.status ?? 0) >= 500;
      // Of two senders the one that slept may come between; each must ask after what it has lost itself.
      if (lost && next.node_key === request.node_key && !isBehindTheLog(life, request))
        return [violation('I14', key, `${next.step} after a ${request.step} whose outcome is unknown`)];
      const same = next.step === request.step && next.x_request_id === request.x_request_id;
      // Where somebody took over, he asked; whoever slept meanwhile may still send what he was about to.
      const takenOver = life.some(
        ({ type, data }) => type === 'OutcomeUnknown' && data['attempt_id'] === next.x_request_id,
      );
      return same && !takenOver ? [violation('I14', key, `${request.step} twice in one attempt`)] : [];
    }),
  );

/** Sent by a run that slept and lost its lease: whoever took over has brought this very step to an end before. */
function isBehindTheLog(life: readonly RecordedEvent[], { step, begun_at, x_request_id }: RequestStory): boolean {
  const ends = step === 'create' ? ['RegistrationAccepted', ...ATTEMPT_ENDS] : ATTEMPT_ENDS;
  return life.some(
    ({ type, data, recordedAt }) =>
      ends.includes(type) && data['attempt_id'] === x_request_id && moment(recordedAt) < moment(begun_at),
  );
}

const ATTEMPT_ENDS = ['TransferFailed', 'TransferCompleted'];

interface FrozenFields {
  readonly media_sha256: string;
  readonly payload_digest: string;
}

/** With this record the hub has taken the media for good. */
function isApplication(record: JournalRecord): record is JournalRecord & { readonly type: 'TransferChanged' } {
  return record.type === 'TransferChanged' && record.set.transfer_status === 'applied';
}

function isStartOf({ type, data }: RecordedEvent, { x_request_id }: RequestStory): boolean {
  return type === 'RegistrationStarted' && data['attempt_id'] === x_request_id;
}

/** Marked, queued after the mark, not taken back between, and not held. */
function authorityAt(life: readonly RecordedEvent[], start: RecordedEvent): boolean {
  let marked = false;
  let queued = false;
  const held = new Set<unknown>();
  for (const { globalSeq, type, data } of life) {
    if (globalSeq >= start.globalSeq) break;
    if (type === 'ResourceMarked') marked = true;
    if (type === 'ResourceUnmarked') marked = queued = false;
    if (type === 'TransferQueued') queued = marked;
    if (type === 'TransferHeld') held.add(data['reason']);
    if (type === 'TransferReleased') held.delete(data['reason']);
  }
  return marked && queued && held.size === 0;
}

/** Whatever asks or brings something that is neither a marked transfer's nor a probe's. */
function requestsOfNoTransfer({ events, requests }: Evidence): readonly Violation[] {
  const keys = told(events, 'ResourceMarked', 'transfer_key');
  const attempts = told(events, 'RegistrationStarted', 'attempt_id');
  // A registration names its transfer in its body; where that was lost, its attempt tells.
  const isKnown = ({ transfer_key, x_request_id }: RequestStory): boolean =>
    transfer_key === null ? attempts.has(x_request_id) : keys.has(transfer_key);
  return requests
    .filter((request) => !isProbe(request) && !isKnown(request))
    .map(({ step, transfer_key }) => violation('I2', transfer_key ?? '', `${step} of a transfer nobody marked`));
}

function told(events: readonly RecordedEvent[], type: string, name: string): ReadonlySet<unknown> {
  return new Set(events.filter((event) => event.type === type).map(({ data }) => data[name]));
}

function startsWhileStopped({ events }: Evidence): readonly Violation[] {
  let stopped = false;
  return events.flatMap(({ type, streamId }) => {
    if (type === 'EgressStopped') stopped = true;
    if (type === 'EgressResumed') stopped = false;
    const starts = type === 'RegistrationStarted' || type === 'UploadStarted';
    return stopped && starts ? [violation('I2', streamId, `${type} while egress was stopped`)] : [];
  });
}
