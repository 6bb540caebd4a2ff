import type { EntityManager } from 'typeorm';
import type { Queries } from './entry.table.js';

/** What is needed here of the driver's own connection. */
interface Connection {
  query(statement: {
    readonly name: string;
    readonly text: string;
    readonly values: unknown[];
  }): Promise<{ readonly rows: unknown }>;
}

/** The names under which statements are prepared on each connection, one for each text; texts are those of the code. */
const names = new Map<string, string>();

/**
 * The statements of a transaction, each prepared once for each connection: a single entry takes a dozen of them, and
 * having them read anew would cost more than carrying them out. They are planned each time, for the tables as they are.
 */
export async function preparedIn(tx: EntityManager): Promise<Queries> {
  if (tx.queryRunner === undefined) throw new Error('Statements are prepared within a transaction.');
  const connection = (await tx.queryRunner.connect()) as Connection;
  return {
    async query<Rows>(text: string, values: unknown[] = []): Promise<Rows> {
      return (await connection.query({ name: nameOf(text), text, values })).rows as Rows;
    },
  };
}

function nameOf(text: string): string {
  const name = names.get(text) ?? `audit_${names.size + 1}`;
  names.set(text, name);
  return name;
}
