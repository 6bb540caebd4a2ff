/**
 * `node deploy/check-compose.mjs`, after a build: holds docker-compose.yml against the code. Every variable it sets is
 * one that the service knows, every required one is set, every program it starts is there, every secret it names is one
 * that make-secrets.sh makes, and no container is left without its limits. Prints every fault; exits with 1 if any.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { describeVariables } from '@hub-export/environment';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CONFIGURED = {
  'marking-service': ['marking-service', 'MarkingVariables'],
  'transfer-service': ['transfer-service', 'TransferVariables'],
  'audit-service': ['audit-service', 'AuditVariables'],
  'export-page': ['page-server', 'PageServerVariables'],
  'hub-simulator': ['hub-simulator', 'HubSimulatorVariables'],
};
/** Of the migrations, whose variables are no class that is exported. */
const MIGRATION = { MIGRATION_DATABASE_URL: true };

const compose = load(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), {
  schema: CORE_SCHEMA.withTags(mergeTag),
});
const secretsScript = readFileSync(join(ROOT, 'deploy', 'make-secrets.sh'), 'utf8');
const faults = [];

for (const [name, service] of Object.entries(compose.services)) {
  const fault = (text) => faults.push(`${name}: ${text}`);
  const known = await variablesOf(name);
  if (known) checkEnvironment(service.environment ?? {}, known, fault);
  checkCommand(service.command ?? [], fault);
  checkHardening(service, fault);
}
for (const [name, { file }] of Object.entries(compose.secrets)) {
  const made = file
    .replace('./deploy/secrets/', '')
    .replace(/^(log_owner|audit_owner|marking|transfer|audit)_password$/, '${user}_password');
  if (!secretsScript.includes(made)) faults.push(`secret ${name}: make-secrets.sh does not make ${file}`);
}

for (const fault of faults) console.error(fault);
if (faults.length === 0)
  console.log(`docker-compose.yml agrees with the code: ${Object.keys(compose.services).length} services.`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Name → whether it is required, of the variables a service knows; undefined where it is not one of ours. */
async function variablesOf(name) {
  if (name.endsWith('-migration')) return MIGRATION;
  const [app, type] = CONFIGURED[name] ?? [];
  if (!app) return undefined;
  const config = await import(join(ROOT, 'apps', app, 'dist', 'config.js'));
  const rows = describeVariables(config[type]).split('\n').slice(2);
  return Object.fromEntries(rows.map((row) => [row.match(/`(\w+)`/)[1], row.endsWith('| required |')]));
}

function checkEnvironment(environment, known, fault) {
  const given = Object.keys(environment).map((name) => (name in known ? name : name.replace(/_FILE$/, '')));
  for (const name of given) if (!(name in known)) fault(`does not know the variable ${name}`);
  for (const [name, required] of Object.entries(known)) {
    if (required && !given.includes(name)) fault(`needs the variable ${name}`);
  }
}

function checkCommand(command, fault) {
  for (const argument of command.filter((part) => /^(apps|deploy)\//.test(part))) {
    if (!existsSync(join(ROOT, argument))) fault(`starts ${argument}, which is not there`);
  }
}

function checkHardening(service, fault) {
  if (service.read_only !== true) fault('may write to its root file system');
  if (service.cap_drop?.join() !== 'ALL') fault('keeps capabilities');
  if (!service.security_opt?.includes('no-new-privileges:true')) fault('may gain privileges');
  if (!/^[1-9]\d*:[1-9]\d*$/.test(service.user ?? '')) fault('runs as root');
  if (!service.mem_limit || !service.pids_limit) fault('has no limit of memory or processes');
  if (service.container_name) fault('has a fixed name and cannot be scaled');
  if (service.image.endsWith(':latest') || !/:\d/.test(service.image)) fault('has an image without a version');
}
