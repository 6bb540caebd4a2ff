import type { HubProfile } from '@hub-export/contracts';
import { type HubFault, hubFaults, sealedFaults } from '../plan/hub-fault.js';
import {
  type Cell,
  faultsAlone,
  nameOf,
  otherCrashes,
  quickMatrix,
  sealedMatrix,
  senderMatrix,
  spread,
} from '../plan/matrix.js';
import type { Options } from '../plan/options.js';
import { type Random, seeded } from '../plan/random.js';
import { runCell } from './cells.process.js';
import { mediaTrials, signalTrials } from './hosts.process.js';
import type { Trial } from './lane.process.js';
import { networkTrials } from './network.process.js';
import { outages } from './outages.process.js';
import { CANARIES } from './proof-site.process.js';
import type { Servers } from './servers.process.js';
import { storm } from './storm.process.js';

/** Runs of random faults and kills that a full run ends with, on each site. */
const RANDOM_RUNS = 10;
/** A site, and what it goes through. */
export interface Lane {
  readonly workers: 1 | 2;
  readonly profile: HubProfile;
  readonly trials: readonly Trial[];
}

const PLAIN: HubProfile = 'endoreg-3.0';
/** The profile whose media is sealed; the other sealed one differs from it in a name of the registration. */
const SEALED: HubProfile = 'endoreg-3.0-envelope';
/** Of the sealed cells every so-manieth is in the quick sample. */
const SEALED_SAMPLE = 4;

/** What each site goes through: one with one sender, one with two, and one that seals its media. */
export function lanesOf(options: Options, servers: Servers): readonly Lane[] {
  const random = seeded(options.seed);
  const faults = hubFaults(CANARIES[4].text);
  const tell = (text: string): void => console.log(text);
  if (options.mode === 'storm')
    return [
      { workers: 2, profile: PLAIN, trials: [storm('storm', { transfers: options.transfers, faults, random, tell })] },
    ];
  const full = options.mode === 'full';
  const outage = outages(servers);
  const plain = ([1, 2] as const).map((workers): Lane => {
    const of = (cells: readonly Cell[]): readonly Trial[] =>
      cells.filter((cell) => cell.workers === workers).map((cell) => trialOf(cell, groupOf(cell)));
    if (!full) {
      return {
        workers,
        profile: PLAIN,
        trials: [
          ...(workers === 2 ? [storm('storm', { transfers: 40, faults, random })] : []),
          ...of(
            spread(
              otherCrashes().filter((_, place) => place % 2 === 0),
              [...faultsAlone(faults), ...quickMatrix(faults)],
            ),
          ),
          ...outage.filter((_, place) => place % 2 === workers - 1),
          ...networkTrials().filter((_, place) => place % 4 === 2 * (workers - 1)),
          ...(workers === 1 ? mediaTrials() : signalTrials(workers)),
        ],
      };
    }
    // The largest part comes last: where the time is not enough, something of everything was run.
    const first = [
      ...of(spread(otherCrashes(), faultsAlone(faults))),
      ...outage,
      ...networkTrials(),
      ...mediaTrials(),
      ...signalTrials(workers),
    ];
    const matrix = of(random.shuffled(senderMatrix(faults)));
    return { workers, profile: PLAIN, trials: [...first, ...randomRuns(workers, faults, random), ...matrix] };
  });
  const sealed = sealedMatrix(sealedFaults(CANARIES[4].text))
    .filter((_, place) => full || place % SEALED_SAMPLE === 0)
    .map((cell) => trialOf(cell, 'sealed media'));
  const [one, two] = plain as [Lane, Lane];
  return [one, { workers: 1, profile: SEALED, trials: sealed }, two];
}

function randomRuns(workers: 1 | 2, faults: readonly HubFault[], random: Random): readonly Trial[] {
  return Array.from({ length: RANDOM_RUNS }, (_, run) =>
    storm(`random run ${run + 1}, ${workers}`, { transfers: 30, faults, random }),
  );
}

function groupOf({ point, fault }: Cell): string {
  if (point === null) return 'faults of the hub alone';
  return fault.name === 'none' ? 'crashes elsewhere' : 'crash × fault of the hub';
}

function trialOf(cell: Cell, group: string): Trial {
  const sealed = group === 'sealed media' ? ', sealed' : '';
  return { name: `${nameOf(cell)}${sealed}`, group, run: (proof) => runCell(proof, cell, group) };
}
