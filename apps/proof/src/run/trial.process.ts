import type { CellResult } from './cells.process.js';
import type { Trial } from './lane.process.js';
import type { ProofSite } from './proof-site.process.js';

/** A trial that fails by throwing; it tells how long it took to recover. */
export function trial(
  group: string,
  name: string,
  run: (proof: ProofSite) => Promise<{ readonly recoveryMs: number | null; readonly note?: string }>,
): Trial {
  return {
    name,
    group,
    run: async (proof): Promise<CellResult> => {
      const started = performance.now();
      const ms = (): number => Math.round(performance.now() - started);
      try {
        const { recoveryMs, note } = await run(proof);
        return {
          name,
          group,
          outcome: 'passed',
          reason: null,
          ms: ms(),
          recoveryMs,
          ...(note !== undefined && { note }),
        };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { name, group, outcome: 'failed', reason, ms: ms(), recoveryMs: null };
      } finally {
        await proof.site.control.clearFaults();
      }
    },
  };
}

/** @throws with the sentence where it does not hold. */
export function require(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}
