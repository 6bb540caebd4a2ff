import type { Tone } from '../overview/resource.js';
import type { Actor } from '../site/site.js';
import type { HistoryEvent } from './transfer.js';

/** A line below an entry: a key of the words, with what is filled in. */
export interface Remark {
  readonly key: string;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface TimelineEntry {
  readonly position: number;
  readonly type: string;
  readonly at: string;
  readonly by: Actor;
  readonly tone: Tone;
  readonly remarks: readonly Remark[];
  /** Since the entry before it in the same attempt, in milliseconds. */
  readonly tookMs: number | null;
}

/** Entries that belong together: those of one attempt, or those between attempts. */
export interface TimelineSection {
  /** The number of the attempt, null between attempts. */
  readonly attempt: number | null;
  readonly entries: readonly TimelineEntry[];
  /** From the first to the last entry of an attempt, in milliseconds. */
  readonly tookMs: number | null;
  readonly tone: Tone;
}

/** The life of a transfer as it is read, from its beginning. */
export function timelineOf(history: readonly HistoryEvent[]): readonly TimelineSection[] {
  const sections: { attempt: number | null; events: HistoryEvent[] }[] = [];
  for (const event of history) {
    const attempt = event.attempt ?? null;
    const last = sections.at(-1);
    if (last !== undefined && last.attempt === attempt) last.events.push(event);
    else sections.push({ attempt, events: [event] });
  }
  return sections.map(({ attempt, events }) => sectionOf(attempt, events));
}

function sectionOf(attempt: number | null, events: readonly HistoryEvent[]): TimelineSection {
  const entries = events.map((event, place) => entryOf(event, attempt === null ? undefined : events[place - 1]));
  const [first] = events;
  const last = events.at(-1);
  const tookMs = attempt === null || first === undefined || last === undefined ? null : between(first, last);
  return { attempt, entries, tookMs, tone: entries.at(-1)?.tone ?? 'secondary' };
}

function entryOf(event: HistoryEvent, before: HistoryEvent | undefined): TimelineEntry {
  const { position, type, at, by } = event;
  const tookMs = before === undefined ? null : between(before, event);
  return { position, type, at, by, tone: toneOf(type), remarks: remarksOf(event), tookMs };
}

function between(from: HistoryEvent, to: HistoryEvent): number {
  return Math.max(0, Date.parse(to.at) - Date.parse(from.at));
}

function toneOf(type: string): Tone {
  switch (type) {
    case 'TransferCompleted':
      return 'success';
    case 'TransferFailed':
      return 'danger';
    case 'OutcomeUnknown':
    case 'TransferHeld':
      return 'warning';
    case 'ResourceMarked':
      return 'primary';
    case 'TransferQueued':
    case 'RegistrationStarted':
    case 'RegistrationAccepted':
    case 'UploadStarted':
      return 'info';
    default:
      return 'secondary';
  }
}

/** What is told of a fact. */
function remarksOf(event: HistoryEvent): readonly Remark[] {
  switch (event.type) {
    case 'TransferQueued':
      return [remark(`event.queuedBy.${event.reason ?? 'operator'}`)];
    case 'TransferHeld':
    case 'TransferReleased':
      return [remark(`event.heldBy.${event.reason ?? 'operator'}`)];
    case 'RegistrationAccepted':
      return [
        ...(event.hub_status == null ? [] : [remark('event.hubSaid', { status: event.hub_status })]),
        ...(event.processing_decision === undefined
          ? []
          : [remark('event.hubDecision', { decision: event.processing_decision })]),
      ];
    case 'UploadStarted':
      return event.media_size === undefined ? [] : [remark('event.size', { size: event.media_size })];
    case 'OutcomeUnknown':
    case 'TransferFailed':
      return failureRemarks(event);
    case 'HubAsked':
      return [
        remark(`event.${event.answer === 'found' ? 'found' : 'not_found'}`),
        ...(event.hub_status == null ? [] : [remark('event.hubSaid', { status: event.hub_status })]),
      ];
    case 'TransferCompleted':
      return completedRemarks(event);
    default:
      return [];
  }
}

function failureRemarks(event: HistoryEvent): readonly Remark[] {
  const { code, failure_class, stage, http_status, bytes_sent, not_before, retries_exhausted } = event;
  return [
    ...(code === undefined ? [] : [remark('code', { code })]),
    ...(stage === undefined ? [] : [remark(`event.stage.${stage}`)]),
    ...(failure_class === undefined ? [] : [remark('failureClass', { failureClass: failure_class })]),
    ...(http_status == null ? [] : [remark('event.http', { status: http_status })]),
    ...(bytes_sent === undefined || bytes_sent === 0 ? [] : [remark('event.bytes', { sent: bytes_sent })]),
    ...(not_before == null ? [] : [remark('event.notBefore', { time: not_before })]),
    ...(retries_exhausted === true ? [remark('event.exhausted')] : []),
  ];
}

function completedRemarks({ acknowledgement, bytes_sent }: HistoryEvent): readonly Remark[] {
  return [
    ...(acknowledgement === undefined ? [] : [remark('event.hubSaid', { status: acknowledgement.transfer_status })]),
    remark('event.verified'),
    ...(bytes_sent === undefined || bytes_sent === 0 ? [] : [remark('event.bytes', { sent: bytes_sent })]),
  ];
}

function remark(key: string, values: Remark['values'] = {}): Remark {
  return { key, values };
}
