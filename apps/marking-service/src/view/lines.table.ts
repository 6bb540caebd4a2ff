import type { EntityManager } from 'typeorm';

export interface Table {
  /** With its schema. */
  readonly name: string;
  readonly key: readonly string[];
  /** Those that a line brings; what it does not name stays as it is. */
  readonly columns: readonly string[];
  /** The type of its column `state`, where it has one. */
  readonly state?: 'json' | 'jsonb';
}

export interface Line {
  readonly columns: object;
  /** Where the table has that column. */
  readonly state?: object;
}

/** Lines of one statement. */
const LINES_AT_ONCE = 250;

/**
 * Writes lines, new ones and changed ones, from one JSON text: a parameter for each column of each line costs several
 * times as much as the writing itself. States, which are most of it, come beside it, each on a line of text: within the
 * JSON they would be taken apart twice. While some are being written the next are asked for, so `lines` may make them
 * then.
 */
export async function saveLines(tx: EntityManager, table: Table, lines: Iterable<Line>): Promise<void> {
  const statement = statementFor(table);
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for (const texts of textsOf(lines, table)) {
      await writing;
      writing = tx.query(statement, [...texts]);
    }
  } finally {
    await writing;
  }
}

function statementFor({ name, key, columns, state }: Table): string {
  const own = [...key, ...columns].join(', ');
  const changes = [...columns, ...(state === undefined ? [] : ['state'])].map(
    (column) => `${column} = excluded.${column}`,
  );
  const conflict = `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changes.join(', ')}`;
  const rows = `json_populate_recordset(NULL::${name}, $1::json)`;
  if (state === undefined) return `INSERT INTO ${name} (${own}) SELECT ${own} FROM ${rows} ${conflict}`;
  return `INSERT INTO ${name} (${own}, state) SELECT ${own}, string_to_table::${state}
    FROM ROWS FROM (${rows}, string_to_table($2, E'\\n')) AS l ${conflict}`;
}

/** The parameters of one statement after the other. */
function* textsOf(lines: Iterable<Line>, { state }: Table): Generator<readonly string[]> {
  let columns: string[] = [];
  let states: string[] = [];
  const texts = (): readonly string[] => [
    `[${columns.join(',')}]`,
    ...(state === undefined ? [] : [states.join('\n')]),
  ];
  for (const line of lines) {
    columns.push(JSON.stringify(line.columns));
    states.push(JSON.stringify(line.state));
    if (columns.length < LINES_AT_ONCE) continue;
    yield texts();
    [columns, states] = [[], []];
  }
  if (columns.length > 0) yield texts();
}

/** A column with a moment as ISO 8601 text in UTC, as exact as the column: what is read and written again stays the same. */
export function isoColumn(name: string): string {
  return `to_char(${name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${name}`;
}
