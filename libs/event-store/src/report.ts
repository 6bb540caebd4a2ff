/**
 * Tells what happened in the machinery, for logs and counters: a stable code and closed fields, never data of events.
 * Codes: `connection_lost`, `log_signal_lost`, `projection_failed`, `subscription_failed`, `relay_failed`,
 * `relay_leads`, `relay_bus_recreated`, `relay_resumed`.
 */
export type Report = (code: string, fields: Readonly<Record<string, string | number>>) => void;

/** For those who do not listen. */
export const silent: Report = () => undefined;

/** A name for an error that gives away nothing of its message: the database's code, else the class. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
