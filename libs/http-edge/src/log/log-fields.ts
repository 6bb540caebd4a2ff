/** What a log field may hold. */
export type LogValue = string | number | boolean | null | undefined | readonly string[];

/** An entry: what happened, in one word, and allow-listed fields. */
export interface LogEntry {
  /** A constant of the code such as `relay_resumed`; never composed of data. */
  readonly event: string;
  readonly [field: string]: LogValue;
}

/**
 * The fields that any service may log. Everything else is left out, however it came into the entry: a log can only hold
 * what somebody decided it may. Keys and ids are hashes or random; there is no field for text, names or paths.
 */
export const LOG_FIELDS: ReadonlySet<string> = new Set([
  ...[
    'event',
    'correlation_id',
    'causation_id',
    'event_id',
    'event_type',
    'command',
    'transfer_id',
    'node_key',
    'attempt',
  ],
  ...[
    'method',
    'route',
    'status',
    'duration_ms',
    'aborted',
    'subject_hash',
    'code',
    'error_name',
    'error_code',
    'stack',
  ],
  ...[
    'signal',
    'port',
    'name',
    'state',
    'stage',
    'reason',
    'count',
    'bytes',
    'position',
    'delay_ms',
    'context',
    'version',
  ],
  ...['faults', 'subject', 'consumer', 'stream', 'deliveries', 'from', 'to', 'worker_id', 'mode'],
]);

const TEXT_LENGTH_MAX = 500;
const LIST_LENGTH_MAX = 50;

/** The entry with its allow-listed fields alone, texts and lists cut to their limits. */
export function allowedFields(entry: LogEntry, allowed: ReadonlySet<string>): Record<string, LogValue> {
  const fields: Record<string, LogValue> = {};
  for (const [name, value] of Object.entries(entry)) {
    const loggable = allowed.has(name) ? loggableValue(value) : undefined;
    if (loggable !== undefined) fields[name] = loggable;
  }
  return fields;
}

function loggableValue(value: unknown): LogValue {
  if (typeof value === 'string') return value.slice(0, TEXT_LENGTH_MAX);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((item): item is string => typeof item === 'string');
  return texts.slice(0, LIST_LENGTH_MAX).map((text) => text.slice(0, TEXT_LENGTH_MAX));
}
