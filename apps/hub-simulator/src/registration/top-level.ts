import { HubRefusal } from '../answer.js';
import { isJsonObject, type JsonObject } from '../json.js';

export type ResourceKind = 'video' | 'report';

/** The top-level fields of a registration after the hub's serializer: texts trimmed, defaults filled in. */
export interface TopLevel {
  readonly transfer_key: string;
  readonly source_node_key: string;
  /** Empty when the registration named no target. */
  readonly target_node_key: string;
  /** Empty when the registration named no center. */
  readonly source_center_key: string;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly transfer_mode: string;
  readonly processing_policy: string;
  readonly processing_intent: string;
  readonly cleanup_policy: string;
  readonly payload_schema_version: string;
  readonly resource_rows: unknown;
  readonly processing_snapshot: unknown;
  readonly provenance: unknown;
}

/** The transfer modes by name; the two raw ones exist, and are refused. */
export const TRANSFER_MODES = [
  'metadata_only',
  'metadata_and_raw_media',
  'metadata_and_processed_media',
  'metadata_raw_and_processed_media',
] as const;

const CHOICES: Readonly<Record<string, { readonly allowed: readonly string[]; readonly fallback?: string }>> = {
  resource_kind: { allowed: ['video', 'report'] },
  transfer_mode: { allowed: TRANSFER_MODES, fallback: 'metadata_only' },
  processing_policy: {
    allowed: [
      'reprocess_always',
      'reprocess_if_missing_outputs',
      'preserve_processing_state',
      'ingest_only_no_processing',
    ],
    fallback: 'preserve_processing_state',
  },
  processing_intent: {
    allowed: ['sender_requests_hub_processing', 'sender_requests_state_preservation', 'sender_requests_archive_only'],
    fallback: 'sender_requests_state_preservation',
  },
  cleanup_policy: {
    allowed: [
      'retain_all',
      'delete_central_raw_after_apply',
      'delete_central_raw_after_verified_backup',
      'delete_central_source_after_anonymized_derivatives_exist',
    ],
    fallback: 'retain_all',
  },
};

const TEXTS: Readonly<Record<string, { readonly max: number; readonly blank?: true; readonly fallback?: string }>> = {
  transfer_key: { max: 255 },
  source_node_key: { max: 255 },
  target_node_key: { max: 255, blank: true, fallback: '' },
  source_center_key: { max: 255, blank: true, fallback: '' },
  resource_hash: { max: 255 },
  payload_schema_version: { max: 32, fallback: '1.0' },
};

const DOCUMENTS: readonly string[] = ['resource_rows', 'processing_snapshot', 'provenance'];

/**
 * Reads the top-level fields as the hub's serializer does: all faulty fields are told together, unknown fields are
 * ignored silently (hub contract 2.1). Throws a HubRefusal of 400.
 */
export function readTopLevel(body: unknown): TopLevel {
  if (!isJsonObject(body)) {
    throw fieldFaults({ non_field_errors: ['Invalid data. Expected a dictionary.'] });
  }
  const faults: Record<string, string[]> = {};
  const read: Record<string, unknown> = {};
  const take = (name: string, readOne: () => unknown) => {
    try {
      read[name] = readOne();
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error;
      faults[name] = [error.message];
    }
  };
  for (const name of Object.keys(TEXTS)) take(name, () => readText(name, body));
  for (const name of Object.keys(CHOICES)) take(name, () => readChoice(name, body));
  for (const name of DOCUMENTS) take(name, () => readDocument(name, body));
  if (Object.keys(faults).length > 0) throw fieldFaults(faults);
  return read as unknown as TopLevel;
}

class FieldFault extends Error {}

function readText(name: string, body: JsonObject): string {
  const { max, blank, fallback } = TEXTS[name]!;
  const value = body[name];
  if (value === undefined && fallback !== undefined) return fallback;
  requireValue(value);
  if (typeof value !== 'string' && typeof value !== 'number') throw new FieldFault('Not a valid string.');
  const text = String(value).trim();
  if (text === '' && blank !== true) throw new FieldFault('This field may not be blank.');
  if (text.length > max) throw new FieldFault(`Ensure this field has no more than ${max} characters.`);
  return text;
}

function readChoice(name: string, body: JsonObject): string {
  const { allowed, fallback } = CHOICES[name]!;
  const value = body[name];
  if (value === undefined && fallback !== undefined) return fallback;
  requireValue(value);
  if (typeof value !== 'string' || !allowed.includes(value)) {
    throw new FieldFault(`${JSON.stringify(value)} is not a valid choice.`);
  }
  return value;
}

function readDocument(name: string, body: JsonObject): unknown {
  const value = body[name];
  if (value === undefined) return {};
  requireValue(value);
  return value;
}

function requireValue(value: unknown): void {
  if (value === undefined) throw new FieldFault('This field is required.');
  if (value === null) throw new FieldFault('This field may not be null.');
}

function fieldFaults(faults: Readonly<Record<string, string[]>>): HubRefusal {
  return new HubRefusal({ status: 400, body: faults });
}
