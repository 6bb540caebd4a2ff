import { parseArgs } from 'node:util';

export interface Arguments {
  /** Prints the results as JSON instead of the table. */
  readonly json: boolean;
  readonly quick: boolean;
  /** Puts the table into docs/performance.md. */
  readonly write: boolean;
  /** Measures how costs grow with use, instead of the rows. */
  readonly growth: boolean;
  /** Where each service leaves a CPU profile; none where it is undefined. */
  readonly profile: string | undefined;
  /** Rounds of each row; undefined for the usual number. */
  readonly rounds: number | undefined;
  /** Names of rows; all where empty. */
  readonly only: readonly string[];
}

export const USAGE = `Usage: npm run bench -- [--quick] [--only NAME]... [--rounds N] [--json] [--write] [--profile DIR]
       npm run bench -- --growth [--write]

  --quick        less of everything, under five minutes
  --only NAME    this row alone; may be said several times, or with names separated by commas
  --rounds N     so many rounds instead of five
  --json         the results as one JSON document on standard output
  --write        also puts the lines of these rows into docs/performance.md
  --growth       how costs grow with use: the same at three sizes of the log, instead of the rows
  --profile DIR  a CPU profile of each service process in this folder; it costs some speed`;

/** @throws with a sentence for the user where an argument is unknown or names no row. */
export function parseArguments(given: readonly string[], names: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      profile: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const only = values.only.flatMap((text) => text.split(','));
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no row ${unknown}. Rows: ${names.join(', ')}.`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100))
    throw new Error('--rounds is a number from 1 to 100.');
  return { ...values, profile: values.profile, rounds, only };
}
