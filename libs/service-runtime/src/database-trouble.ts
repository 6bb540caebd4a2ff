/** Why a query could not be answered, as far as it is not our own fault. */
export type DatabaseTrouble = 'database_unavailable' | 'schema_missing';

/**
 * What an error says of the database; null where it says something else. Errors of three libraries meet here, so they
 * are known by their codes and names.
 */
export function databaseTrouble(error: unknown): DatabaseTrouble | null {
  const codes = codesOf(error);
  if (codes.some((code) => SCHEMA_MISSING.has(code))) return 'schema_missing';
  const { name, message } = membersOf(error);
  const isAway = AWAY_NAMES.has(String(name)) || codes.some(isAwayCode) || AWAY_MESSAGE.test(String(message));
  return isAway ? 'database_unavailable' : null;
}

/** The store of documents refuses this one for its size; no repetition would help. */
export function isDocumentTooLarge(error: unknown): boolean {
  return membersOf(error)['constraint'] === 'documents_body_is_bounded';
}

/** Unknown table, unknown schema, unknown function, and no right yet to use what a migration is just making. */
const SCHEMA_MISSING = new Set(['42P01', '3F000', '42883', '42501']);

/** Of the event store, and of TypeORM while it is not connected. */
const AWAY_NAMES = new Set([
  'StoreUnavailable',
  'UnknownCommit',
  'CannotConnectAlreadyConnectedError',
  'CannotExecuteNotConnectedError',
  'ConnectionIsNotSetError',
  'DriverNotConnectedError',
  // It learns the entities when it connects for the first time.
  'EntityMetadataNotFoundError',
]);

/** The driver's own errors have no code. */
const AWAY_MESSAGE =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|Driver not Connected)/;

/** Connection lost, server going down, out of resources, given up waiting (a statement, a lock), refused by the network. */
function isAwayCode(code: string): boolean {
  return /^(08|57|53|25P03|55P03|40)/.test(code) || /^E(CONN|PIPE|HOSTUNREACH|NETUNREACH|TIMEDOUT|AI_)/.test(code);
}

/** Of the error and of what caused it. */
function codesOf(error: unknown, depth = 4): readonly string[] {
  const { code, cause, driverError } = membersOf(error);
  const below = depth === 0 ? [] : [cause, driverError].flatMap((inner) => codesOf(inner, depth - 1));
  return [...(typeof code === 'string' ? [code] : []), ...below];
}

/** Not by `instanceof`: an error may come from another realm of the process. */
function membersOf(error: unknown): Readonly<Record<string, unknown>> {
  return typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>) : {};
}
