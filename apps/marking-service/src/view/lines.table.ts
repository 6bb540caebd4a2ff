import type { EntityManager } from 'typeorm';

export interface Table {
  /** With its schema. */
  readonly name: string;
  readonly key: readonly string[];
  /** Those that a line brings; what it does not name stays as it is. */
  readonly columns: readonly string[];
}

/**
 * Writes lines, new ones and changed ones, from one JSON text: a parameter for each column of each line costs several
 * times as much as the writing itself.
 */
export async function saveLines(tx: EntityManager, table: Table, lines: readonly object[]): Promise<void> {
  if (lines.length === 0) return;
  const { name, key, columns } = table;
  const all = [...key, ...columns].join(', ');
  const changes = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  await tx.query(
    `INSERT INTO ${name} (${all}) SELECT ${all} FROM jsonb_populate_recordset(NULL::${name}, $1::jsonb)
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changes}`,
    [JSON.stringify(lines)],
  );
}

/** A column with a moment as ISO 8601 text in UTC, as exact as the column: what is read and written again stays the same. */
export function isoColumn(name: string): string {
  return `to_char(${name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${name}`;
}
