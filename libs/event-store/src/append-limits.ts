import { canonicalJson } from '@hub-export/contracts';
import { AppendRefused } from './errors.js';
import type { AppendRequest } from './event-store.js';

/** Requests in one call of the append function. */
export const REQUESTS_PER_CALL_MAX = 200;
/** Events of one command. */
export const EVENTS_PER_REQUEST_MAX = 50;
/** Canonical text of one event's data, in bytes: what is larger is a document, named by its digest. */
export const DATA_BYTES_MAX = 48 * 1024;
/** Events of one stream that are read to decide; a life this long is a fault. */
export const STREAM_EVENTS_MAX = 10_000;
/** Events one reading of the whole log gives. */
export const READ_EVENTS_MAX = 1_000;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Why a request can never be recorded. `event_type_not_allowed` and `event_id_reused` come from the database alone. */
export type AppendFault =
  | 'too_many_requests'
  | 'too_many_events'
  | 'data_too_large'
  | 'data_not_canonical'
  | 'malformed_identity'
  | 'event_type_not_allowed'
  | 'event_id_reused';

/**
 * The canonical text of each event's data, after checking what the database would refuse as well.
 * @throws {AppendRefused} for the first fault.
 */
export function checkedDataTexts(request: AppendRequest): readonly string[] {
  if (request.events.length > EVENTS_PER_REQUEST_MAX) throw refused('too_many_events');
  const identities = [
    isPrintable(request.streamId, 255),
    isPrintable(request.command.key, 255),
    isPrintable(request.command.digest, 200),
    isPrintable(request.correlationId, 200),
    request.causationId === null || isPrintable(request.causationId, 200),
    Number.isSafeInteger(request.expectedVersion) && request.expectedVersion >= 0,
    request.events.every(({ id, type }) => UUID.test(id) && /^[A-Z][A-Za-z0-9]{0,99}$/.test(type)),
  ];
  if (identities.includes(false)) throw refused('malformed_identity');
  return request.events.map(({ data }) => {
    const text = canonicalJson(data);
    if (Buffer.byteLength(text) > DATA_BYTES_MAX) throw refused('data_too_large');
    return text;
  });
}

function refused(code: AppendFault): AppendRefused {
  return new AppendRefused(code);
}

/** Printable ASCII without spaces: it stands in hashed lines, subjects and headers. */
function isPrintable(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && /^[!-~]+$/.test(text);
}
