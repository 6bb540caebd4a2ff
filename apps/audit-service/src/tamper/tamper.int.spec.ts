import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SiteReport } from '@hub-export/record-verification';
import { readFile, writeFile } from 'node:fs/promises';
import { Chance } from './chance.js';
import { type Mutated, MUTATIONS } from './mutations.testing.js';
import { TamperedSite, type Told } from './tampered-site.testing.js';

// Real here: PostgreSQL with log and audit, the audit's own ingest, tree and checkpoints, the sink's file. `npm run
// tamper` makes a thousand of each; a test run a few of every kind.
const CASES = Number(process.env['TAMPER_CASES'] ?? 18);
const SEED = Number(process.env['TAMPER_SEED'] ?? Date.now() % 1_000_000_000);
jest.setTimeout(60_000 + CASES * 5_000);

let site: TamperedSite;
const result = { seed: SEED, mutations: 0, found: 0, placed: 0, clean: 0, alarms: 0, missed: [] as string[] };

beforeAll(async () => {
  site = await TamperedSite.open();
});

afterAll(async () => {
  await site.close();
  const { seed, mutations, found, placed, clean, alarms } = result;
  process.stdout.write(
    `Tampering, seed ${seed}: ${found} of ${mutations} single changes found, ${placed} with their first bad place; ` +
      `${alarms} alarms in ${clean} clean sites.\n`,
  );
});

describe('a site', () => {
  it('gives no alarm as it was told, and shows every single change with its first bad place', async () => {
    const kinds = Object.entries(MUTATIONS);
    for (let number = 0; number < CASES; number += 1) {
      const chance = new Chance(SEED + number);
      const told = await site.tell(chance);
      const before = await site.verify();
      result.clean += 1;
      if (before.status !== 'intact') {
        result.alarms += 1;
        result.missed.push(`seed ${SEED + number}: alarm ${JSON.stringify(before)}`);
      }
      const [kind, mutate] = kinds[number % kinds.length] as (typeof kinds)[number];
      const sink = await readFile(site.sink);
      await site.owner.query('BEGIN');
      const mutated = await mutate(site, told, chance);
      judge(`seed ${SEED + number}: ${kind}`, mutated, await site.verify(), told);
      await site.owner.query('ROLLBACK');
      await writeFile(site.sink, sink);
    }
    expect(result).toMatchObject({ found: CASES, placed: CASES, clean: CASES, alarms: 0, missed: [] });
  });
});

function judge(name: string, { place, isExact }: Mutated, report: SiteReport, told: Told): void {
  result.mutations += 1;
  const { status, first_bad } = report;
  if (status === 'tampered') result.found += 1;
  const isPlaced =
    first_bad !== null &&
    first_bad.from <= place &&
    place <= first_bad.to &&
    (!isExact || first_bad.from === first_bad.to);
  if (isPlaced) result.placed += 1;
  if (status !== 'tampered' || !isPlaced) {
    result.missed.push(`${name} at ${place} of ${JSON.stringify(told)}: ${JSON.stringify(report)}`);
  }
}
