import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Arguments, parseArguments, USAGE } from './arguments.js';
import { ROOT } from './config.js';
import { measureGrowth } from './growth/growth.bench.js';
import { type TablePlace, withTable } from './report/document.js';
import type { Result } from './report/result.js';
import { markdownTable, textTable } from './report/table.js';
import { ROWS } from './rows/rows.js';
import { measureRow } from './run/rounds.runner.js';
import { FULL, QUICK } from './run/row.js';
import { Workbench } from './run/workbench.server.js';

const DOCUMENT = join(ROOT, 'docs/performance.md');

async function main(): Promise<number> {
  const chosen = readArguments();
  if (chosen === null) return 2;
  const begun = performance.now();
  const progress = (text: string): void => {
    const seconds = Math.round((performance.now() - begun) / 1000);
    // Standard output is for the results alone.
    process.stderr.write(`[${String(seconds).padStart(4)} s] ${text}\n`);
  };
  const usual = chosen.quick ? QUICK : FULL;
  const scale = { ...usual, rounds: chosen.rounds ?? usual.rounds };
  const workbench = new Workbench(join(ROOT, '.data', `bench-${process.pid}`), scale, progress, chosen.profile);
  // A run that is broken off writes nothing: its last rows only tell that their servers went away.
  const stopping = new AbortController();
  const stop = (code: number): void => {
    stopping.abort();
    void workbench.close().finally(() => process.exit(code));
  };
  process.once('SIGINT', () => stop(130));
  process.once('SIGTERM', () => stop(143));

  const write = (place: TablePlace, make: (before: string) => string): void => {
    if (chosen.write && !stopping.signal.aborted)
      writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8'), place, make));
  };
  if (chosen.growth) {
    const table = await measureGrowth(workbench, progress).finally(() => workbench.close());
    console.log(table);
    write('--growth --write', () => table);
    return 0;
  }
  const results: Result[] = [];
  try {
    for (const row of ROWS.filter(({ name }) => chosen.only.length === 0 || chosen.only.includes(name)))
      results.push(...(await measureRow(row, workbench, progress)));
  } finally {
    await workbench.close();
  }
  console.log(chosen.json ? JSON.stringify({ results }, null, 2) : textTable(results));
  const goals = results.filter(({ met }) => met !== null);
  progress(`${goals.filter(({ met }) => met).length} of ${goals.length} goals met`);
  const names = ROWS.map(({ name }) => name);
  write('--write', (before) => markdownTable(results, names, before));
  // A goal that is missed is a figure, not a failure; a row that broke down is one.
  return results.some(({ error }) => error !== undefined) ? 1 : 0;
}

function readArguments(): Arguments | null {
  try {
    return parseArguments(
      process.argv.slice(2),
      ROWS.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return null;
  }
}

// Everything is closed and told; what a client library still holds open must not keep us.
process.exit(await main());
