import { readFile, writeFile } from 'node:fs/promises';
import { checkName, MUTANTS } from './mutants/mutant.js';
import { type MutantResult, runMutants } from './mutants/mutants.process.js';
import { type HubFault, hubFaults } from './plan/hub-fault.js';
import { type Cell, faultsAlone, nameOf, otherCrashes, quickMatrix, senderMatrix, spread } from './plan/matrix.js';
import type { Options } from './plan/options.js';
import { type Random, seeded } from './plan/random.js';
import { filled } from './report/document.js';
import { seconds, table } from './report/figures.js';
import { CELL_HEAD, cellRows, Tally } from './report/tally.js';
import { type CellResult, runCell } from './run/cells.process.js';
import { type LaneResult, runLane, type Trial } from './run/lane.process.js';
import { mediaTrials, signalTrials } from './run/hosts.process.js';
import { outages } from './run/outages.process.js';
import { CANARIES } from './run/proof-site.process.js';
import { type Servers, startServers } from './run/servers.process.js';
import { storm } from './run/storm.process.js';
import { runSeeds } from './simulation/run-seeds.worker.js';

/** Runs of random faults and kills that a full run ends with, on each site. */
const RANDOM_RUNS = 10;
/** Of one seed's violations so many are told; its history tells the rest. */
const TOLD_MAX = 5;

/** Runs what was asked for, and tells. The exit code is 0 where nothing failed. */
export async function prove(options: Options, environment: NodeJS.ProcessEnv): Promise<number> {
  console.log(`Seed ${options.seed}`);
  const tally = new Tally();
  const told: string[] = [];
  const started = performance.now();
  if (options.mode === 'simulate' || (options.mode === 'quick' && options.only === null)) {
    told.push(await runSimulation(options, tally));
  }
  if (options.mode === 'mutants') told.push(await runAllMutants(options, environment, tally));
  else if (options.mode !== 'simulate') told.push(await runSites(options, environment, tally));
  if (options.write !== null) {
    const took = seconds(performance.now() - started);
    const head = `\`npm run prove -- --${options.mode}\`, seed ${options.seed}, ${new Date().toISOString().slice(0, 10)}, ${took}:`;
    const document = await readFile(options.write, 'utf8');
    await writeFile(options.write, filled(document, options.mode, [head, ...told, tally.line()].join('\n\n')));
  }
  console.log(tally.line());
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

async function runSimulation({ seed, seeds, minutes }: Options, tally: Tally): Promise<string> {
  const tell = (text: string): void => console.log(text);
  const result = await runSeeds(seed, seeds, tell, performance.now() + minutes * 60_000);
  for (const { seed: failed, violations, history } of result.failed) {
    for (const { invariant, subject, what } of violations.slice(0, TOLD_MAX))
      console.log(`VIOLATION ${invariant} ${subject}: ${what}`);
    console.log(`To see it again: npm run prove -- --simulate --seeds 1 --seed ${failed}\n${history()}`);
  }
  const { steps, stepsMin, events, requests, completed, ms } = result;
  const told =
    `Simulation: ${result.seeds} seeds in ${seconds(ms)}, ${steps} steps (${stepsMin} at least), ${events} facts, ` +
    `${requests} requests, ${completed} completed; ${result.failed.length} seeds with a violation`;
  console.log(told);
  tally.add(result.seeds - result.failed.length, result.failed.length, seeds - result.seeds);
  return told;
}

async function runAllMutants(options: Options, environment: NodeJS.ProcessEnv, tally: Tally): Promise<string> {
  const servers = await startServers(environment);
  try {
    const wanted = MUTANTS.filter(({ name }) => options.only === null || name.includes(options.only));
    const results = await runMutants(wanted, environment, tellMutant, performance.now() + options.minutes * 60_000);
    const caught = results.filter(({ outcome }) => outcome === 'caught').length;
    const rows = results.map(({ mutant, outcome, reason }) => [
      mutant.name,
      checkName(mutant.check),
      outcome === 'void' ? `void: ${reason}` : outcome,
    ]);
    const told = table(['Mutant', 'Check', 'Outcome'], rows);
    console.log(told);
    tally.add(caught, results.length - caught, wanted.length - results.length);
    return told;
  } finally {
    await servers.close();
  }
}

function tellMutant({ mutant, outcome, reason, ms }: MutantResult): void {
  console.log(`${outcome} ${mutant.name} (${checkName(mutant.check)}): ${reason}, ${seconds(ms)}`);
}

async function runSites(options: Options, environment: NodeJS.ProcessEnv, tally: Tally): Promise<string> {
  const servers = await startServers(environment);
  try {
    return report(await runLanes(options, servers), tally);
  } finally {
    await servers.close();
  }
}

interface Lane {
  readonly workers: 1 | 2;
  readonly trials: readonly Trial[];
}

/** What each site goes through: one with one sender, one with two. */
function lanesOf(options: Options, servers: Servers): readonly Lane[] {
  const random = seeded(options.seed);
  const faults = hubFaults(CANARIES[4].text);
  const tell = (text: string): void => console.log(text);
  if (options.mode === 'storm')
    return [{ workers: 2, trials: [storm('storm', { transfers: options.transfers, faults, random, tell })] }];
  const full = options.mode === 'full';
  const outage = outages(servers);
  return ([1, 2] as const).map((workers) => {
    const of = (cells: readonly Cell[]): readonly Trial[] =>
      cells.filter((cell) => cell.workers === workers).map(trialOf);
    if (!full) {
      return {
        workers,
        trials: [
          ...of(
            spread(
              otherCrashes().filter((_, place) => place % 2 === 0),
              [...faultsAlone(faults), ...quickMatrix(faults)],
            ),
          ),
          ...outage.filter((_, place) => place % 2 === workers - 1),
          ...(workers === 1 ? mediaTrials() : signalTrials(workers)),
          ...(workers === 2 ? [storm('storm', { transfers: 40, faults, random })] : []),
        ],
      };
    }
    // The largest part comes last: where the time is not enough, something of everything was run.
    const first = [
      ...of(spread(otherCrashes(), faultsAlone(faults))),
      ...outage,
      ...mediaTrials(),
      ...signalTrials(workers),
    ];
    const matrix = of(random.shuffled(senderMatrix(faults)));
    return { workers, trials: [...first, ...randomRuns(workers, faults, random), ...matrix] };
  });
}

function randomRuns(workers: 1 | 2, faults: readonly HubFault[], random: Random): readonly Trial[] {
  return Array.from({ length: RANDOM_RUNS }, (_, run) =>
    storm(`random run ${run + 1}, ${workers}`, { transfers: 30, faults, random }),
  );
}

async function runLanes(options: Options, servers: Servers): Promise<readonly LaneResult[]> {
  const lanes = lanesOf(options, servers)
    .map(({ workers, trials }) => ({
      workers,
      trials: trials.filter(({ name }) => options.only === null || name.includes(options.only)),
    }))
    .filter(({ trials }) => trials.length > 0);
  const total = lanes.reduce((sum, { trials }) => sum + trials.length, 0);
  const started = performance.now();
  const deadline = started + options.minutes * 60_000;
  let done = 0;
  const progress = (cell: CellResult): void => {
    done += 1;
    const at = `${done}/${total} ${seconds(performance.now() - started)}`;
    if (cell.outcome === 'failed') console.log(`${at} FAILED ${cell.name}: ${cell.reason}`);
    else if (done % 10 === 0 || cell.ms > 10_000)
      console.log(`${at} ${cell.name}: ${cell.outcome} in ${seconds(cell.ms)}`);
  };
  const run = ({ workers, trials }: Lane): Promise<LaneResult> =>
    runLane(trials, { workers, compileCache: servers.compileCache, deadline, progress });
  if (options.lanes === 2) return Promise.all(lanes.map(run));
  const results: LaneResult[] = [];
  for (const lane of lanes) results.push(await run(lane));
  return results;
}

function trialOf(cell: Cell): Trial {
  const group =
    cell.point === null
      ? 'faults of the hub alone'
      : cell.fault.name === 'none'
        ? 'crashes elsewhere'
        : 'crash × fault of the hub';
  return { name: nameOf(cell), group, run: (proof) => runCell(proof, cell, group) };
}

function report(results: readonly LaneResult[], tally: Tally): string {
  const cells = results.flatMap((lane) => lane.cells);
  const violations = results.flatMap((lane) => lane.violations);
  const sum = (count: (lane: LaneResult) => number): number => results.reduce((all, lane) => all + count(lane), 0);
  const notRun = sum((lane) => lane.notRun);
  const told = [
    table(CELL_HEAD, cellRows(cells)),
    `Checked: ${sum(({ events }) => events)} facts, ${sum(({ requests }) => requests)} requests at the hub, ` +
      `${violations.length} violations${notRun > 0 ? `; ${notRun} cells were not begun in the time that was given` : ''}`,
  ].join('\n\n');
  console.log(told);
  for (const { name, reason } of cells.filter(({ outcome }) => outcome === 'failed'))
    console.log(`FAILED ${name}: ${reason}`);
  for (const { name } of cells.filter(({ outcome }) => outcome === 'unreached')) console.log(`Unreached: ${name}`);
  for (const { invariant, subject, what } of violations) console.log(`VIOLATION ${invariant} ${subject}: ${what}`);
  const failed = cells.filter(({ outcome }) => outcome === 'failed').length;
  // What did not meet proves nothing, and is not counted.
  const passed = cells.filter(({ outcome }) => outcome === 'passed').length;
  tally.add(passed, failed + violations.length, notRun);
  return told;
}
