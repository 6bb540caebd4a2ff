import { type DestinationStream, pino } from 'pino';
import { currentCorrelationId } from '../requests/correlation.context.js';
import { allowedFields, LOG_FIELDS, type LogEntry } from './log-fields.js';

/** From the most talkative to the most silent. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes entries, one JSON object a line; fields that are not allow-listed are left out. */
export interface Log {
  debug(entry: LogEntry): void;
  info(entry: LogEntry): void;
  warn(entry: LogEntry): void;
  error(entry: LogEntry): void;
}

export interface LogOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Further field names that this service logs; the same rule: no text, names, paths, secrets. */
  readonly fields?: readonly string[];
  /** Where lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

/** The service's log. Time is UTC; the correlation id of the request or message at work is added by itself. */
export function createLogger({ service, level, fields = [], destination }: LogOptions): Log {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Written at once: what a crashing process said last matters most.
  const writer = pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
  const allowed = new Set([...LOG_FIELDS, ...fields]);
  const write = (at: Exclude<LogLevel, 'silent'>) => (entry: LogEntry) => {
    writer[at](allowedFields({ correlation_id: currentCorrelationId(), ...entry }, allowed));
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
