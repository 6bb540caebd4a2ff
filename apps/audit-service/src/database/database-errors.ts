/** Why a query could not be answered, as far as it is not our own fault. */
export type DatabaseTrouble = 'database_unavailable' | 'schema_missing';

/**
 * What an error says of the database; null where it says something else. Errors of the driver and of TypeORM meet here,
 * so they are known by their codes and names.
 */
export function databaseTrouble(error: unknown): DatabaseTrouble | null {
  if (!(error instanceof Error)) return null;
  const codes = codesOf(error);
  if (codes.some((code) => SCHEMA_MISSING.has(code))) return 'schema_missing';
  const isAway = AWAY_NAMES.has(error.name) || codes.some(isAwayCode) || AWAY_MESSAGE.test(error.message);
  return isAway ? 'database_unavailable' : null;
}

/** Unknown table, unknown schema, and no right yet to use what a migration is just making. */
const SCHEMA_MISSING = new Set(['42P01', '3F000', '42501']);

/** Of TypeORM while it is not connected. */
const AWAY_NAMES = new Set([
  'CannotConnectAlreadyConnectedError',
  'CannotExecuteNotConnectedError',
  'ConnectionIsNotSetError',
  'DriverNotConnectedError',
]);

/** The driver's own errors have no code. */
const AWAY_MESSAGE =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|Driver not Connected)/;

/** Connection lost, server going down, out of resources, given up waiting (a statement, a lock), refused by the network. */
function isAwayCode(code: string): boolean {
  return /^(08|57|53|25P03|55P03|40)/.test(code) || /^E(CONN|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_)/.test(code);
}

/** Of the error and of what caused it. */
function codesOf(error: Error, depth = 4): readonly string[] {
  const { code, cause, driverError } = error as { code?: unknown; cause?: unknown; driverError?: unknown };
  const below = depth === 0 ? [] : [cause, driverError].filter((inner) => inner instanceof Error);
  return [...(typeof code === 'string' ? [code] : []), ...below.flatMap((inner) => codesOf(inner, depth - 1))];
}
