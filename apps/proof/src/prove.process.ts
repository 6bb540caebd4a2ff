import { readFile, writeFile } from 'node:fs/promises';
import { checkName, MUTANTS } from './mutants/mutant.js';
import { type MutantResult, runMutants } from './mutants/mutants.process.js';
import type { Options } from './plan/options.js';
import { filled } from './report/document.js';
import { seconds, table } from './report/figures.js';
import { CELL_HEAD, cellRows, Tally } from './report/tally.js';
import type { CellResult } from './run/cells.process.js';
import { type LaneResult, runLane } from './run/lane.process.js';
import { lanesOf } from './run/lanes.process.js';
import { type Servers, startServers } from './run/servers.process.js';
import { runSeeds } from './simulation/run-seeds.worker.js';

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

async function runLanes(options: Options, servers: Servers): Promise<readonly LaneResult[]> {
  const lanes = lanesOf(options, servers)
    .map(({ trials, ...lane }) => ({
      ...lane,
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
  const results: LaneResult[] = [];
  const runSome = async (): Promise<void> => {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
      const { workers, profile, trials } = lane;
      results.push(await runLane(trials, { workers, profile, compileCache: servers.compileCache, deadline, progress }));
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, runSome));
  return results;
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
    ...cells.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`])),
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
