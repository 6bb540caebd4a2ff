import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CHILD_ENVIRONMENT } from '../config.js';
import { closing } from '../run/closing.process.js';
import { checkName, type Mutant, type NamedCheck } from './mutant.js';

/** The workspace, from `apps/proof/dist/mutants`. */
const ROOT = join(import.meta.dirname, '../../../..');
/** What the checks need of it beside its projects. */
const FILES = [
  'package.json',
  'jest.config.js',
  'jest.preset.js',
  'jest.global-setup.mjs',
  'jest.global-teardown.mjs',
  'tsconfig.base.json',
];
const CHECK_LIMIT_MS = 180_000;

export interface MutantResult {
  readonly mutant: Mutant;
  /** `caught`: the check failed. `missed`: it passed all the same. `void`: the mutant or its check is not what it was. */
  readonly outcome: 'caught' | 'missed' | 'void';
  readonly reason: string;
  readonly ms: number;
}

/** Breaks a copy of the workspace, once for each mutant, and lets the named check look at it. */
export async function runMutants(
  mutants: readonly Mutant[],
  environment: NodeJS.ProcessEnv,
  tell: (result: MutantResult) => void,
  deadline: number,
): Promise<readonly MutantResult[]> {
  const copy = await mkdtemp(join(tmpdir(), 'hub-export-mutants-'));
  const remove = closing(() => rm(copy, { recursive: true, force: true }));
  const results: MutantResult[] = [];
  try {
    await copyWorkspace(copy);
    const sound = new Map<string, string | null>();
    for (const mutant of mutants) {
      if (performance.now() > deadline) break;
      const started = performance.now();
      const { outcome, reason } = await judge(copy, mutant, environment, sound);
      const result = { mutant, outcome, reason, ms: Math.round(performance.now() - started) };
      results.push(result);
      tell(result);
    }
    return results;
  } finally {
    await remove();
  }
}

type Verdict = Pick<MutantResult, 'outcome' | 'reason'>;

async function judge(
  copy: string,
  mutant: Mutant,
  environment: NodeJS.ProcessEnv,
  sound: Map<string, string | null>,
): Promise<Verdict> {
  const file = join(copy, mutant.file);
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.split(mutant.find).length !== 2) return { outcome: 'void', reason: 'its place in the code is not there' };
  const name = checkName(mutant.check);
  // A check that fails without a mutant would catch nothing.
  if (!sound.has(name)) sound.set(name, soundness(await runCheck(copy, mutant.check, environment)));
  const unsound = sound.get(name);
  if (unsound) return { outcome: 'void', reason: unsound };
  await writeFile(
    file,
    text.replace(mutant.find, () => mutant.replace),
  );
  try {
    const { failed, broken, timedOut, code } = await runCheck(copy, mutant.check, environment);
    if (failed > 0) return { outcome: 'caught', reason: `${failed} tests failed` };
    if (timedOut) return { outcome: 'caught', reason: 'the check never ended' };
    if (broken > 0) return { outcome: 'void', reason: 'it does not compile' };
    // The mutant took the process of the tests with it.
    if (code !== 0) return { outcome: 'caught', reason: 'the process of the check died' };
    return { outcome: 'missed', reason: 'the check passed' };
  } finally {
    await writeFile(file, text);
  }
}

interface CheckRun {
  readonly passed: number;
  readonly failed: number;
  readonly broken: number;
  readonly timedOut: boolean;
  readonly code: number | null;
}

function soundness({ passed, failed, broken, timedOut, code }: CheckRun): string | null {
  if (passed > 0 && failed === 0 && broken === 0 && !timedOut && code === 0) return null;
  return `without the mutant: ${passed} passed, ${failed} failed, ${broken} broken${timedOut ? ', never ended' : ''}`;
}

async function runCheck(
  copy: string,
  { project, spec, test }: NamedCheck,
  environment: NodeJS.ProcessEnv,
): Promise<CheckRun> {
  const output = join(copy, 'result.json');
  await rm(output, { force: true });
  const jest = join(copy, 'node_modules/jest/bin/jest.js');
  const narrowed = test === undefined ? [] : ['--testNamePattern', test];
  const args = [
    '--selectProjects',
    project,
    '--testPathPatterns',
    spec,
    '--maxWorkers',
    '1',
    '--json',
    '--outputFile',
    output,
    ...narrowed,
  ];
  const child = spawn(process.execPath, ['--no-warnings', '--experimental-vm-modules', jest, ...args], {
    cwd: copy,
    env: { ...CHILD_ENVIRONMENT, ...only(environment, ['HUB_EXPORT_TEST_DATABASE_URL', 'NATS_SERVER_BIN', 'HOME']) },
    stdio: 'ignore',
    detached: true,
  });
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    // With all that it started.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, CHECK_LIMIT_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(limit);
  const result = JSON.parse(await readFile(output, 'utf8').catch(() => '{}')) as Record<string, number>;
  const { numPassedTests: passed = 0, numFailedTests: failed = 0, numRuntimeErrorTestSuites: broken = 0 } = result;
  return { passed, failed, broken, timedOut, code };
}

/** Sources and what was built of them; the dependencies are the ones that are there. */
async function copyWorkspace(copy: string): Promise<void> {
  const left = ['node_modules', '.data', '.nx'];
  const filter = (source: string): boolean => !left.includes(basename(source));
  for (const folder of ['apps', 'libs', 'docs'])
    await cp(join(ROOT, folder), join(copy, folder), { recursive: true, filter });
  for (const file of FILES) await cp(join(ROOT, file), join(copy, file));
  const modules = join(copy, 'node_modules');
  await mkdir(join(modules, '@hub-export'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== '@hub-export') await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  for (const floor of ['apps', 'libs']) {
    for (const name of await readdir(join(copy, floor))) {
      await symlink(join('../..', floor, name), join(modules, '@hub-export', name));
    }
  }
}

function only(environment: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}
