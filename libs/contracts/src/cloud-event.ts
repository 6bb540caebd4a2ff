import { canonicalJson, type JsonObject } from './canonical-json.js';
import type { RecordedEvent } from './recorded-event.js';

export const SUBJECT_PREFIX = 'hub-export.v1';

/** A committed event on the bus: CloudEvents 1.0, structured JSON. Extension names are lower-case as its rules ask. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  /** `hub-export.v1.<aggregate>.<EventType>`. */
  readonly type: string;
  readonly source: string;
  /** The stream of the log. */
  readonly subject: string;
  /** When the log recorded it. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: JsonObject;
  /** Place in the log, 1..N without gaps; equal to the sequence in the bus stream. */
  readonly globalseq: number;
  /** Place in its own stream. */
  readonly streamversion: number;
  readonly correlationid: string;
  readonly causationid?: string;
  /** The log's hash chain up to this entry. */
  readonly entryhash: string;
}

export function toCloudEvent(event: RecordedEvent): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    type: `${SUBJECT_PREFIX}.${aggregateOf(event.streamId).kind}.${event.type}`,
    source: '/hub-export/log',
    subject: event.streamId,
    time: event.recordedAt,
    datacontenttype: 'application/json',
    data: event.data,
    globalseq: event.globalSeq,
    streamversion: event.version,
    correlationid: event.correlationId,
    ...(event.causationId === null ? {} : { causationid: event.causationId }),
    entryhash: event.hash,
  };
}

/** The bytes that are published: canonical, so that publishing again after a loss gives the same message. */
export function cloudEventText(event: RecordedEvent): string {
  return canonicalJson(toCloudEvent(event));
}

/** `hub-export.v1.<aggregate>.<EventType>.<aggregate id>`, from the stream `<aggregate>-<aggregate id>`. */
export function busSubject(streamId: string, type: string): string {
  const { kind, id } = aggregateOf(streamId);
  return `${SUBJECT_PREFIX}.${kind}.${type}.${subjectToken(id)}`;
}

function aggregateOf(streamId: string): { readonly kind: string; readonly id: string } {
  const dash = streamId.indexOf('-');
  if (dash < 0) return { kind: streamId, id: streamId };
  return { kind: streamId.slice(0, dash), id: streamId.slice(dash + 1) };
}

/** A key as one token of a subject: what is not a plain letter, digit, `_`, `:` or `-` is percent-encoded. */
export function subjectToken(key: string): string {
  return key.replace(/[^A-Za-z0-9_:-]/gu, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

/** The key that a token stands for, or `null` where it is none. */
export function keyOfToken(token: string): string | null {
  try {
    return decodeURIComponent(token);
  } catch {
    return null;
  }
}
