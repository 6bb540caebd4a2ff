import type { AuditedEvent } from '../record/audited-event.js';
import { fhirAuditEvent } from './fhir-audit-event.js';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'fhir'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The media type of each form, and how its file is called. */
export const EXPORT_MEDIA: { readonly [Format in ExportFormat]: { readonly type: string; readonly file: string } } = {
  ndjson: { type: 'application/x-ndjson; charset=utf-8', file: 'audit.ndjson' },
  csv: { type: 'text/csv; charset=utf-8; header=present', file: 'audit.csv' },
  fhir: { type: 'application/fhir+ndjson; charset=utf-8', file: 'audit-events.fhir.ndjson' },
};

/** What stands before the first line; nothing where an export goes on. */
export function exportHead(format: ExportFormat, isFirst: boolean): string {
  return format === 'csv' && isFirst ? csvLine(CSV_COLUMNS) : '';
}

/** The line of an event, with its end. */
export function exportLine(format: ExportFormat, event: AuditedEvent): string {
  if (format === 'csv') return csvLine(CSV_COLUMNS.map((column) => cellOf(event, column)));
  return `${JSON.stringify(format === 'fhir' ? fhirAuditEvent(event) : event)}\n`;
}

export const CSV_COLUMNS = [
  'global_seq',
  'recorded_at',
  'type',
  'actor',
  'outcome',
  'transfer_id',
  'resource_kind',
  'resource_hash',
  'center_key',
  'target_node_key',
  'patient_hash',
  'examination_hash',
  'event_id',
  'stream_id',
  'version',
  'correlation_id',
  'causation_id',
  'entry_hash',
  'folded',
  'data',
] as const satisfies readonly (keyof AuditedEvent)[];

function cellOf(event: AuditedEvent, column: (typeof CSV_COLUMNS)[number]): string {
  const value = event[column];
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** RFC 4180. */
function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** What a spreadsheet would take for a formula gets an apostrophe before it, and is a text then. */
function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) || harmless !== text ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
