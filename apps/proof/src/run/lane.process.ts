import type { HubProfile } from '@hub-export/contracts';
import type { Violation } from '../checker/evidence.js';
import { violationsOf } from '../checker/invariants.js';
import type { CellResult } from './cells.process.js';
import { closing } from './closing.process.js';
import { gather } from './evidence.client.js';
import { ProofSite } from './proof-site.process.js';

/** Something that is done to a site, and what came of it. */
export interface Trial {
  readonly name: string;
  readonly group: string;
  run(proof: ProofSite): Promise<CellResult>;
}

/** What one site went through. */
export interface LaneResult {
  readonly cells: readonly CellResult[];
  readonly violations: readonly Violation[];
  /** Facts of the log that the checker looked at. */
  readonly events: number;
  readonly requests: number;
  readonly notRun: number;
}

export interface LaneOptions {
  readonly workers: 1 | 2;
  /** What the hub speaks. */
  readonly profile: HubProfile;
  readonly compileCache: string;
  /** `performance.now()` after which nothing more is begun. */
  readonly deadline: number;
  readonly progress: (cell: CellResult) => void;
}

/** A whole site through a list of trials, one after the other, and the checker over everything that is left of it. */
export async function runLane(trials: readonly Trial[], options: LaneOptions): Promise<LaneResult> {
  const starting = ProofSite.start(options.workers, options.compileCache, options.profile);
  // Told to end while it starts, it is closed when it has started; otherwise its processes would outlive us.
  const close = closing(() => starting.then((site) => site.close()));
  const proof = await starting;
  const cells: CellResult[] = [];
  let notRun = 0;
  try {
    for (const trial of trials) {
      if (performance.now() > options.deadline) {
        notRun += 1;
        continue;
      }
      const cell = await trial.run(proof);
      cells.push(cell);
      options.progress(cell);
    }
    const evidence = await gather(proof);
    const violations = violationsOf(evidence);
    return { cells, violations, events: evidence.events.length, requests: evidence.requests.length, notRun };
  } catch (error) {
    const what = `the evidence could not be gathered: ${error instanceof Error ? error.message : String(error)}`;
    return { cells, violations: [{ invariant: 'all', subject: 'site', what }], events: 0, requests: 0, notRun };
  } finally {
    await close();
  }
}
