import type { JsonObject } from '@hub-export/contracts';
import { CertificateFault } from './certificate-fault.js';

/** An entry of the log as its hashed text says it. */
export interface LifeEntry {
  readonly globalSeq: number;
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly recordedAt: string;
  readonly data: JsonObject;
}

const FIELDS = 9;
const PLACE = /^[1-9]\d{0,15}$/;

/**
 * Reads what `entryText` of the contracts wrote.
 * @throws {CertificateFault} `malformed_entry`
 */
export function parseEntryText(text: string): LifeEntry {
  const fields = text.split('\n');
  const [place = '', streamId = '', version = '', , type = '', , , recordedAt = '', dataText = ''] = fields;
  const data = jsonOf(dataText);
  if (fields.length !== FIELDS || !PLACE.test(place) || !PLACE.test(version) || data === null) {
    throw new CertificateFault('malformed_entry', PLACE.test(place) ? `entry ${place}` : null);
  }
  return { globalSeq: Number(place), streamId, version: Number(version), type, recordedAt, data };
}

function jsonOf(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}
