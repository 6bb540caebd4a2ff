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

/**
 * Writes lines, new ones and changed ones, from one JSON text: a parameter for each column of each line costs several
 * times as much as the writing itself. States, which are most of it, come beside it, each on a line of text: within the
 * JSON they would be taken apart twice.
 */
export async function saveLines(
  tx: EntityManager,
  { name, key, columns, state }: Table,
  lines: readonly object[],
  states: readonly object[] = [],
): Promise<void> {
  if (lines.length === 0) return;
  const own = [...key, ...columns].join(', ');
  const changes = [...columns, ...(state === undefined ? [] : ['state'])].map(
    (column) => `${column} = excluded.${column}`,
  );
  const conflict = `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changes.join(', ')}`;
  const rows = `json_populate_recordset(NULL::${name}, $1::json)`;
  if (state === undefined) {
    await tx.query(`INSERT INTO ${name} (${own}) SELECT ${own} FROM ${rows} ${conflict}`, [JSON.stringify(lines)]);
    return;
  }
  await tx.query(
    `INSERT INTO ${name} (${own}, state) SELECT ${own}, string_to_table::${state}
     FROM ROWS FROM (${rows}, string_to_table($2, E'\\n')) AS l ${conflict}`,
    [JSON.stringify(lines), states.map((each) => JSON.stringify(each)).join('\n')],
  );
}

/** A column with a moment as ISO 8601 text in UTC, as exact as the column: what is read and written again stays the same. */
export function isoColumn(name: string): string {
  return `to_char(${name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${name}`;
}
