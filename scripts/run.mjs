/**
 * The one way in: `node scripts/run.mjs demo|start|bench|build|test|prove|check|lint|tamper [arguments]`, as `npm run` calls it. Works on a
 * fresh clone with whatever Node the machine has (from 20 on), without any dependency, and brings what is missing.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { install, prepareNatsServer, useNode } from './installation.mjs';
import { ROOT, run, runQuietly } from './processes.mjs';

const NX_BUILD = ['nx', 'run-many', '-t', 'build', '--outputStyle=static'];
const RESULT_FILE = join(ROOT, '.data', 'test-results.json');

const TASKS = {
  demo: (args, natsServer) => startApp('demo', args, natsServer),
  start: (args, natsServer) => startApp('start', args, natsServer),
  bench,
  build: (args) => tool([...NX_BUILD, ...args]),
  prove,
  test,
  screenshots,
  check,
  lint: (args) => tool(['eslint', '.', ...args]),
  tamper,
};
const NEEDS_NATS = ['demo', 'start', 'bench', 'test', 'prove', 'tamper', 'screenshots'];

async function main([name, ...args]) {
  const task = TASKS[name];
  if (!task) {
    console.error(`Usage: node scripts/run.mjs ${Object.keys(TASKS).join('|')} [arguments]`);
    return 2;
  }
  const natsServer = NEEDS_NATS.includes(name) ? prepareNatsServer() : undefined;
  const installed = await install();
  if (installed !== 0) return installed;
  useNode();
  return task(args, natsServer);
}

async function startApp(command, args, natsServer) {
  const built = await buildQuietly();
  if (built !== 0) return built;
  await natsServer.finished();
  return run('node', ['--enable-source-maps', join('apps', 'cli', 'dist', 'main.js'), command, ...args]);
}

async function bench(args, natsServer) {
  const built = await buildQuietly();
  if (built !== 0) return built;
  await natsServer.finished();
  return run('node', ['--enable-source-maps', join('apps', 'bench', 'dist', 'main.js'), ...args]);
}

async function prove(args, natsServer) {
  const built = await buildQuietly();
  if (built !== 0) {
    // Nothing was proven, and that is no success.
    console.log('0 passed, 1 failed');
    return built;
  }
  await natsServer.finished();
  return run('node', ['--enable-source-maps', join('apps', 'proof', 'dist', 'main.js'), ...args]);
}

async function test(args, natsServer) {
  const built = await buildQuietly();
  await natsServer.finished();
  if (built !== 0) {
    // Nothing was tested, and that is no success.
    console.log('0 passed, 1 failed');
    return built;
  }
  mkdirSync(join(ROOT, '.data'), { recursive: true });
  rmSync(RESULT_FILE, { force: true });
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  const report = ['--json', `--outputFile=${RESULT_FILE}`];
  const code = await run('node', ['--no-warnings', '--experimental-vm-modules', jest, ...report, ...args]);
  const { passed, failed, skipped } = counts();
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return code === 0 && (failed > 0 || passed === 0) ? 1 : code;
}

/** A thousand changes behind the back of log and audit, and a thousand clean sites: `[--cases <n>] [--seed <n>]`. */
function tamper(args, natsServer) {
  const value = (name, otherwise) => args[args.indexOf(name) + 1 || args.length] ?? otherwise;
  process.env.TAMPER_CASES = value('--cases', '1000');
  process.env.TAMPER_SEED = value('--seed', String(Date.now() % 1_000_000_000));
  return test([join('apps', 'audit-service', 'src', 'tamper')], natsServer);
}

/** The pictures of docs/export-page.md, from the running demo and the machine's Chromium. */
async function screenshots(args, natsServer) {
  const built = await buildQuietly();
  await natsServer.finished();
  if (built !== 0) return built;
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  const config = ['-c', join('apps', 'export-page', 'screenshots.jest.config.js')];
  return run('node', ['--no-warnings', '--experimental-vm-modules', jest, ...config, ...args]);
}

/** A file that could not even be loaded counts as one failure; so does a run that left no result. */
function counts() {
  if (!existsSync(RESULT_FILE)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(RESULT_FILE, 'utf8'));
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** Everything that can be wrong without a test: each is tried, whatever became of those before it. */
async function check() {
  const checks = {
    build: NX_BUILD,
    lint: ['eslint', '.'],
    types: ['tsc', '-p', 'tsconfig.check.json', '--noEmit'],
    'types of the page': ['vue-tsc', '-p', join('apps', 'export-page', 'tsconfig.page-check.json'), '--noEmit'],
    formatting: ['prettier', '--check', '.'],
    compose: ['node', 'deploy/check-compose.mjs'],
    documents: ['node', 'docs/check-documents.mjs'],
  };
  let failed = 0;
  for (const [name, command] of Object.entries(checks)) {
    const started = Date.now();
    const code = await tool(command);
    if (code !== 0) failed += 1;
    console.log(
      `Check ${name}: ${code === 0 ? 'passed' : 'failed'} after ${Math.round((Date.now() - started) / 1000)} s`,
    );
  }
  console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function buildQuietly() {
  const [program, ...args] = NX_BUILD;
  return runQuietly('build', 'Building', program, args);
}

function tool([program, ...args]) {
  return run(join(ROOT, 'node_modules', '.bin', program), args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
