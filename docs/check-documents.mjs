/**
 * `node docs/check-documents.mjs`: finds what the documents name and the repository no longer has: links, files, and in
 * docs/specification.md the tests that show each rule. Prints every fault; exits with 1 if any.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Made at a site by deploy/make-secrets.sh. */
const NOT_HERE = /^deploy\/secrets/;
const SHORT = {
  TL: 'libs/transfer-life/src',
  C: 'libs/contracts/src',
  MS: 'apps/marking-service/src',
  TS: 'apps/transfer-service/src',
  AS: 'apps/audit-service/src',
  EP: 'apps/export-page',
};

const documents = ['README.md', 'CONTRIBUTING.md', ...markdownOf('docs'), ...markdownOf('docs/decisions')];
const faults = [...documents.flatMap(links), ...documents.flatMap(paths), ...rules('docs/specification.md')];

for (const fault of faults) console.error(fault);
if (faults.length === 0) console.log(`The documents name nothing that is not there: ${documents.length} documents.`);
process.exitCode = faults.length === 0 ? 0 : 1;

function markdownOf(folder) {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

function links(document) {
  const targets = [...textOf(document).matchAll(/\]\(([^)#]+)/g)].map(([, target]) => target);
  return targets
    .filter((target) => !target.startsWith('https:') && !existsSync(join(ROOT, dirname(document), target)))
    .map((target) => `${document}: no file ${target}`);
}

function paths(document) {
  const named = [...textOf(document).matchAll(/`((?:libs|apps|docs|deploy)\/[\w./-]+)`/g)].map(([, path]) => path);
  return named
    .filter((path) => !NOT_HERE.test(path) && !existsSync(join(ROOT, path)))
    .map((path) => `${document}: no file ${path}`);
}

/** Each row of the tables: rule, code, test. */
function rules(document) {
  const rows = textOf(document)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (Rule|-)/.test(line));
  return rows.flatMap((row) => {
    const [, , code, test] = row.split(' | ').length === 3 ? ['', ...row.split(' | ')] : [];
    return code === undefined ? [`${document}: a row without three cells: ${row}`] : [...files(code), ...tests(test)];
  });
}

function files(cell) {
  return [...cell.matchAll(/`((?:TL|C|MS|TS|AS|EP|apps)\/[^`]+)`/g)]
    .map(([, path]) => whole(path))
    .filter((path) => !existsSync(join(ROOT, path)))
    .map((path) => `docs/specification.md: no file ${path}`);
}

/** `file`: claim; claim */
function tests(cell) {
  const missing = files(cell);
  if (missing.length > 0) return missing;
  return [...cell.matchAll(/`([^`]+)`: ([^`|]+)/g)].flatMap(([, path, claims]) => {
    const spec = textOf(whole(path));
    return claims
      .split(';')
      .map((claim) => claim.trim())
      .filter((claim) => !spec.includes(claim))
      .map((claim) => `docs/specification.md: ${path} does not claim "${claim}"`);
  });
}

function whole(path) {
  const [first, ...rest] = path.split('/');
  return first in SHORT ? [SHORT[first], ...rest].join('/') : path;
}

function textOf(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}
