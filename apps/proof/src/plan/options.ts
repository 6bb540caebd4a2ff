/** What the command is to do. */
export interface Options {
  readonly mode: 'quick' | 'full' | 'storm' | 'simulate' | 'mutants';
  readonly seed: number;
  /** Only cells, seeds or mutants whose name holds this text. */
  readonly only: string | null;
  readonly transfers: number;
  readonly seeds: number;
  /** After so many minutes no further cell is begun; what was not run is said. */
  readonly minutes: number;
  readonly lanes: 1 | 2;
  /** The file whose tables are filled with what came of it. */
  readonly write: string | null;
}

export const USAGE = `Usage: npm run prove -- [--quick | --full | --storm | --simulate | --mutants]
  --quick             a sample of every kind, with 2,000 simulated seeds (default); --minutes 8
  --full              every cell of the matrix and of the outages, then random runs; --minutes 60
  --storm             --transfers 1000 under random faults and two workers, with a kill every few seconds
  --simulate          --seeds 2000 of the deterministic simulation
  --mutants           breaks the code on purpose, once for each mutant, and shows which check sees it
  --seed N            the seed of every choice (default: a new one, which is printed)
  --only TEXT         what has TEXT in its name, and nothing else
  --minutes N         begins nothing more after N minutes; what was not begun is counted as skipped
  --lanes 1|2         whole sites beside each other
  --write FILE        fills the tables of FILE with what came of it`;

/** How long each goes on beginning something where nothing else is said. */
const MINUTES: Readonly<Record<Options['mode'], number>> = { quick: 8, full: 60, storm: 20, simulate: 20, mutants: 20 };
const MODES = ['quick', 'full', 'storm', 'simulate', 'mutants'] as const;
const NUMBERS = ['seed', 'transfers', 'seeds', 'minutes', 'lanes'] as const;

/** @throws Error that names what is wrong. */
export function parseOptions(args: readonly string[], newSeed: number): Options {
  const given = new Map<string, string>();
  let mode: Options['mode'] = 'quick';
  for (let place = 0; place < args.length; place += 1) {
    const name = (args[place] ?? '').replace(/^--/, '');
    const known = MODES.find((one) => one === name);
    if (known !== undefined) {
      mode = known;
      continue;
    }
    const value = args[(place += 1)];
    if (!['only', 'write', ...NUMBERS].includes(name) || value === undefined)
      throw new Error(`What is ${args[place - 1]}?\n${USAGE}`);
    given.set(name, value);
  }
  const number = (name: (typeof NUMBERS)[number], otherwise: number): number => {
    const text = given.get(name);
    if (text === undefined) return otherwise;
    if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number.`);
    return Number(text);
  };
  const full = mode === 'full';
  return {
    mode,
    seed: number('seed', newSeed),
    only: given.get('only') ?? null,
    transfers: number('transfers', 1_000),
    seeds: number('seeds', 2_000),
    minutes: number('minutes', MINUTES[mode]),
    lanes: number('lanes', full ? 2 : 1) >= 2 ? 2 : 1,
    write: given.get('write') ?? null,
  };
}
