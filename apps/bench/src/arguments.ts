import { parseArgs } from 'node:util';

export interface Arguments {
  /** Prints the results as JSON instead of the table. */
  readonly json: boolean;
  readonly quick: boolean;
  /** Puts the table into docs/performance.md. */
  readonly write: boolean;
  /** Where each service leaves a CPU profile; none where it is undefined. */
  readonly profile: string | undefined;
  /** Names of rows; all where empty. */
  readonly only: readonly string[];
}

export const USAGE = `Usage: npm run bench -- [--quick] [--only NAME]... [--json] [--write]

  --quick      less of everything, under five minutes
  --only NAME  this row alone; may be said several times, or with names separated by commas
  --profile DIR  a CPU profile of each service process in this folder; it costs some speed
  --json       the results as one JSON document on standard output
  --write      also puts the table into docs/performance.md`;

/** @throws with a sentence for the user where an argument is unknown or names no row. */
export function parseArguments(given: readonly string[], names: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      profile: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const only = values.only.flatMap((text) => text.split(','));
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no row ${unknown}. Rows: ${names.join(', ')}.`);
  return { ...values, profile: values.profile, only };
}
