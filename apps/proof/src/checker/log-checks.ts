import { canonicalJson, entryHash, entryText, GENESIS_HASH, type RecordedEvent } from '@hub-export/contracts';
import { createHash } from 'node:crypto';
import { type Check, type Evidence, keyOf, lives, markOf, moment, textOf, type Violation } from './evidence.js';

/** I1: every order that was acknowledged is one fact; one whose answer was lost is one fact or none, never two. */
export const noLostNoPhantomIntent: Check = ({ events, orders }) => {
  const all = lives(events);
  const known = new Set(events.map(({ streamId }) => streamId));
  const marks = count(orders.filter(({ type }) => type === 'mark'));
  const violations = [...marks.keys()].flatMap((id) => {
    const facts = (all.get(id) ?? []).filter(({ type }) => type === 'ResourceMarked').length;
    return facts === 1 ? [] : [violation('I1', id, `${facts} marks recorded`)];
  });
  const queues = [...count(orders.filter(({ type }) => type === 'queue')).keys()].flatMap((id) => {
    const facts = (all.get(id) ?? []).filter(isOperatorsQueue).length;
    return facts === 1 ? [] : [violation('I1', id, `${facts} operator's queueings recorded`)];
  });
  const ordered = new Set(orders.map(({ transferId }) => transferId));
  const phantoms = [...all.keys()]
    .filter((id) => !ordered.has(id))
    .map((id) => violation('I1', id, 'nobody ordered it'));
  const reports = orders
    .filter(({ type, resourceHash }) => type === 'report' && !hasStream(known, resourceHash))
    .map(({ resourceHash }) => violation('I1', resourceHash, 'reported and not recorded'));
  return [...violations, ...queues, ...phantoms, ...reports];
};

/** I5: an independent computation of each transfer's key and id gives the same. */
export const keysArePure: Check = ({ events }) =>
  [...lives(events)].flatMap(([id, life]) => {
    const data = markOf(life)?.data ?? {};
    const key = [data['source_node_key'], data['resource_kind'], data['resource_hash'], 'processed_v1']
      .map(textOf)
      .join('__');
    const shaped = /^[a-z0-9_-]+__(video|report)__[0-9a-f]{64}__processed_v1$/.test(key);
    if (data['transfer_key'] !== key || !shaped) return [violation('I5', id, 'another transfer key')];
    return uuidOf(`["${textOf(data['target_node_key'])}","${key}"]`) === id
      ? []
      : [violation('I5', id, 'another transfer id')];
  });

/** The specification's transitions, written down again and not taken from the code that is checked. */
const EDGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  not_marked: { ResourceMarked: 'marked' },
  marked: { ResourceUnmarked: 'not_marked', TransferQueued: 'queued' },
  queued: { RegistrationStarted: 'registering' },
  registering: { RegistrationAccepted: 'awaiting_media', TransferCompleted: 'completed', TransferFailed: 'failed' },
  awaiting_media: { UploadStarted: 'uploading', TransferFailed: 'failed' },
  uploading: { TransferCompleted: 'completed', TransferFailed: 'failed' },
  failed: { TransferQueued: 'queued' },
  completed: {},
};
const OBSERVATIONS = [
  'TransferHeld',
  'TransferReleased',
  'OutcomeUnknown',
  'HubAsked',
  'LocalMediaRetained',
  'LocalMediaCleanupEligible',
];

/** Where a life stands by the independent table; `null` where it took a way that is not there. */
export function stateOf(life: readonly RecordedEvent[]): string | null {
  let state: string = 'not_marked';
  for (const { type } of life) {
    if (OBSERVATIONS.includes(type)) continue;
    const next = EDGES[state]?.[type];
    if (next === undefined) return null;
    state = next;
  }
  return state;
}

/** I6: only the twelve transitions, and each view is the fold of the log. */
export const onlyLegalTransitions: Check = ({ events, views }) =>
  [...lives(events)].flatMap(([id, life]) => {
    const state = stateOf(life);
    if (state === null)
      return [violation('I6', id, `a way that is not allowed: ${life.map(({ type }) => type).join(' ')}`)];
    return Object.entries(views).flatMap(([view, states]) => {
      const shown = states.get(id) ?? 'not_marked';
      return shown === state ? [] : [violation('I6', id, `${state} in the log, ${shown} in the view of ${view}`)];
    });
  });

/** I12: attempts never overlap, and a fencing token never falls. */
export const attemptsAreFenced: Check = ({ events }) =>
  [...lives(events)].flatMap(([id, life]) => {
    const found: Violation[] = [];
    let open: string | null = null;
    let token = 0;
    for (const { type, data } of life) {
      const attempt = data['attempt_id'];
      if (attempt === undefined) continue;
      if (type === 'RegistrationStarted') {
        if (open !== null) found.push(violation('I12', id, 'an attempt begins while another is open'));
        open = textOf(attempt);
      } else if (attempt !== open) found.push(violation('I12', id, `${type} of an attempt that is over`));
      if (Number(data['lease_token']) < token) found.push(violation('I12', id, `${type} under a void token`));
      token = Math.max(token, Number(data['lease_token']));
      if (type === 'TransferFailed' || type === 'TransferCompleted') open = null;
    }
    return found;
  });

/** I13: retries keep their time, their number and their classes. */
export const retriesKeepTheirRules: Check = ({ events, retry }) =>
  [...lives(events)].flatMap(([id, life]) => {
    const found: Violation[] = [];
    let failure: RecordedEvent | null = null;
    let counted = 0;
    for (const event of life) {
      const { type, data } = event;
      if (type === 'TransferFailed') {
        failure = event;
        counted += data['counted'] === true ? 1 : 0;
        if (counted > retry.attemptsMax) found.push(violation('I13', id, `${counted} counted failures`));
        const notBefore = data['not_before'];
        if (typeof notBefore === 'string' && data['http_status'] !== 429 && data['http_status'] !== 503) {
          if (moment(notBefore) - moment(textOf(data['at'])) > Math.max(retry.capMs, 60_000))
            found.push(violation('I13', id, 'a delay beyond the cap'));
        }
        if (data['http_status'] === 429 || data['http_status'] === 503) {
          const delay = typeof notBefore === 'string' ? moment(notBefore) - moment(textOf(data['at'])) : Infinity;
          if (delay < 1_000) found.push(violation('I13', id, 'Retry-After was not honoured'));
        }
      }
      if (type !== 'TransferQueued' || failure === null) continue;
      if (data['reason'] === 'operator') counted = 0;
      if (data['reason'] === 'retry_policy') {
        if (failure.data['retryable'] !== true) found.push(violation('I13', id, 'retried what is not tried again'));
        const notBefore = failure.data['not_before'];
        if (typeof notBefore === 'string' && moment(textOf(data['at'])) < moment(notBefore))
          found.push(violation('I13', id, 'retried before its time'));
      }
    }
    return found;
  });

/** I15: numbers without gaps, in the log and in each stream, and a chain that can be computed again. */
export const orderIsGapFree: Check = ({ events }) => {
  const versions = new Map<string, number>();
  let hash = GENESIS_HASH;
  return events.flatMap((event, place) => {
    const found: Violation[] = [];
    if (event.globalSeq !== place + 1) found.push(violation('I15', String(event.globalSeq), `place ${place + 1}`));
    const version = (versions.get(event.streamId) ?? 0) + 1;
    versions.set(event.streamId, version);
    if (event.version !== version)
      found.push(violation('I15', event.streamId, `version ${event.version} for ${version}`));
    hash = entryHash(hash, entryText({ ...event, dataText: canonicalJson(event.data) }));
    if (hash !== event.hash) found.push(violation('I15', String(event.globalSeq), 'the chain is broken'));
    hash = event.hash;
    return found;
  });
};

/** I17 and I19: after everything has come to rest the bus holds the log, event by event and in its order. */
export const busIsTheLog: Check = ({ events, bus }) => {
  const found: Violation[] = [];
  if (bus.length !== events.length)
    found.push(violation('I17', 'bus', `${bus.length} messages for ${events.length} events`));
  for (const [place, { sequence, id, globalSeq }] of bus.entries()) {
    const event = events[place];
    if (event === undefined || event.id !== id || globalSeq !== event.globalSeq || sequence !== event.globalSeq)
      found.push(violation('I17', String(sequence), 'another event than the log has there'));
  }
  return found.slice(0, 10);
};

/** I18: the audit holds each event once, and its chain is whole. */
export const effectsAreOnce: Check = ({ events, audit }) => {
  const found: Violation[] = [];
  const { entries, contiguousTo, findings } = audit;
  if (entries.length !== events.length || contiguousTo !== events.length)
    found.push(
      violation('I18', 'audit', `${entries.length} entries, whole to ${contiguousTo}, for ${events.length} events`),
    );
  entries.forEach(({ globalSeq, id }, place) => {
    if (events[place]?.id !== id || globalSeq !== place + 1)
      found.push(violation('I18', String(globalSeq), 'another entry'));
  });
  for (const finding of findings) found.push(violation('I18', 'audit', `finds ${finding}`));
  return found.slice(0, 10);
};

/** I22: the audit answers the six questions as the log does, and names the attempts of the log. */
export const auditIsComplete: Check = (evidence: Evidence) =>
  [...lives(evidence.events)].flatMap(([id, life]) => {
    const answer = evidence.audit.answers.get(id);
    if (answer === undefined) return [violation('I22', id, 'the audit does not know it')];
    const last = (type: string) => life.findLast((event) => event.type === type);
    const wanted: readonly (readonly [string, unknown, unknown])[] = [
      ['status', answer.status, stateOf(life)],
      ['marked_by', JSON.stringify(answer.marked_by), JSON.stringify(last('ResourceMarked')?.data['by'])],
      ['queued_at', answer.queued_at, last('TransferQueued')?.data['at'] ?? null],
      ['registration_started_at', answer.registration_started_at, last('RegistrationStarted')?.data['at'] ?? null],
      ['last_failure', answer.last_failure?.code ?? null, last('TransferFailed')?.data['code'] ?? null],
      ['final_outcome', answer.final_outcome !== null, last('TransferCompleted') !== undefined],
      [
        'attempts',
        answer.attempts.map(({ attempt_id }) => attempt_id).join(),
        life
          .filter(({ type }) => type === 'RegistrationStarted')
          .map(({ data }) => textOf(data['attempt_id']))
          .join(),
      ],
    ];
    return wanted
      .filter(([, said, recorded]) => said !== recorded)
      .map(([field]) => violation('I22', keyOf(life) || id, `the audit says another ${field}`));
  });

export function violation(invariant: string, subject: string, what: string): Violation {
  return { invariant, subject, what };
}

function isOperatorsQueue({ type, data }: RecordedEvent): boolean {
  return type === 'TransferQueued' && data['reason'] === 'operator';
}

function hasStream(known: ReadonlySet<string>, hash: string): boolean {
  return known.has(`resource-report-${hash}`) || known.has(`resource-video-${hash}`);
}

function count(orders: Evidence['orders']): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { transferId } of orders) found.set(transferId, (found.get(transferId) ?? 0) + 1);
  return found;
}

/** RFC 9562, version 5, written down again. */
function uuidOf(name: string): string {
  const namespace = '7b0f1f0e6f0a5e0c9c553b1c7d3a9e11';
  const digest = createHash('sha1').update(namespace, 'hex').update(name, 'utf8').digest('hex').slice(0, 32);
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const text = `${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17)}`;
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}
