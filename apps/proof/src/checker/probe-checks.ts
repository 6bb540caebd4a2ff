import type { RecordedEvent } from '@hub-export/contracts';
import type { RequestStory } from '@hub-export/hub-simulator';
import { createHash } from 'node:crypto';
import { CLOCK_SLACK_MS, type Evidence, moment, type Time, type Violation } from './evidence.js';
import { violation } from './log-checks.js';

/** A question that was due may be on its way so long when its circuit closes, or its order is given up; milliseconds. */
const ON_ITS_WAY_MS = 15_000;
/** Of one circuit no two questions come closer together than this, in milliseconds. */
const APART_MS = 1_000;
const ASKS_FOR_NOTHING = /^[a-z0-9_-]+__probe__[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** All that a probe's registration may hold: nothing that a hub could take. */
const NOTHING = '{}';
const OF_NOTHING = createHash('sha256').update(NOTHING).digest('hex');

/** Whether a request belongs to no transfer, but finds out how it stands with a hub. */
export function isProbe({ step, transfer_key, x_request_id, body_sha256 }: RequestStory): boolean {
  if (isAutomatic(x_request_id) || ASKS_FOR_NOTHING.test(transfer_key ?? '')) return true;
  return step === 'create' && transfer_key === null && body_sha256 === OF_NOTHING;
}

/**
 * Part of I2: a probe carries nothing out of the house, and comes only where it is due. The sender's own come while a
 * circuit is open, and not more often than once a second; all others come while a person has ordered one.
 */
export function probesOutOfTurn(evidence: Evidence): readonly Violation[] {
  const probes = evidence.requests.filter(isProbe);
  const open = openTimes(evidence.events);
  return [
    ...probes.filter((probe) => !isEmpty(probe)).map((probe) => told(probe, 'a probe with something in it')),
    ...probes
      .filter(({ x_request_id }) => isAutomatic(x_request_id))
      .filter((probe) => !open.some((time) => isWithin(time, probe.begun_at, ON_ITS_WAY_MS)))
      .map((probe) => told(probe, 'a probe while no circuit was open')),
    ...probes
      .filter(({ x_request_id }) => !isAutomatic(x_request_id))
      .filter((probe) => !evidence.probes.some((time) => isWithin(time, probe.begun_at, ON_ITS_WAY_MS)))
      .map((probe) => told(probe, 'a probe that nobody ordered')),
    ...open.flatMap((time) => moreThanDue(time, probes)),
  ];
}

/** The times in which a circuit was open, by the log. */
function openTimes(events: readonly RecordedEvent[]): readonly Time[] {
  const since = new Map<string, string>();
  const times: Time[] = [];
  for (const { streamId, type, recordedAt } of events) {
    if (type === 'HubCircuitOpened') since.set(streamId, recordedAt);
    const from = since.get(streamId);
    if (type !== 'HubCircuitClosed' || from === undefined) continue;
    times.push({ from, to: recordedAt });
    since.delete(streamId);
  }
  return [...times, ...[...since.values()].map((from) => ({ from, to: null }))];
}

function moreThanDue(time: Time, probes: readonly RequestStory[]): readonly Violation[] {
  const [first, ...others] = probes.filter(
    ({ x_request_id, begun_at }) => isAutomatic(x_request_id) && isWithin(time, begun_at, 0),
  );
  if (first === undefined) return [];
  const lastMs = moment(others.at(-1)?.begun_at ?? first.begun_at) - moment(first.begun_at);
  // One more may have waited for its place in the hub's pace.
  const due = 2 + Math.floor(lastMs / APART_MS);
  return others.length + 1 > due ? [told(first, `${others.length + 1} probes in ${lastMs} ms`)] : [];
}

function isWithin({ from, to }: Time, at: string, slackMs: number): boolean {
  const isAfter = moment(at) >= moment(from) - CLOCK_SLACK_MS;
  return isAfter && (to === null || moment(at) <= moment(to) + slackMs);
}

/** A question has no body; a registration has `{}`, of which a fault may have cut something off. */
function isEmpty({ step, body_sha256, body_bytes, content_length }: RequestStory): boolean {
  const announced = content_length ?? 0;
  if (step === 'status') return body_bytes === 0 && announced === 0;
  return (
    step === 'create' && announced <= NOTHING.length && (body_bytes < NOTHING.length || body_sha256 === OF_NOTHING)
  );
}

function isAutomatic(requestId: string | null): boolean {
  return requestId?.startsWith('probe-') === true;
}

function told({ step, transfer_key, x_request_id }: RequestStory, what: string): Violation {
  return violation('I2', transfer_key ?? x_request_id ?? step, what);
}
