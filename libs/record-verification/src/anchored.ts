import type { KeyObject } from 'node:crypto';
import { isSameHash, NoteFault, openCheckpoint, type Hash, type ReadLine } from '@hub-export/transparency-log';
import type { SiteFindings } from './site-report.js';

/** Who may sign, and for which log. */
export interface Trust {
  readonly keys: readonly KeyObject[];
  /** Where it is known. */
  readonly origin?: string;
}

/** What the sinks vouch for. */
export interface Anchored {
  /** The root by size; ascending. */
  readonly roots: ReadonlyMap<number, Hash>;
  readonly last: number;
  readonly torn: number;
}

/** Reads the sinks: what is not by the keys is a finding, and vouches for nothing. */
export async function readAnchors(
  lines: AsyncIterable<ReadLine>,
  trust: Trust,
  findings: SiteFindings,
): Promise<Anchored> {
  const found = new Map<number, Hash>();
  let torn = 0;
  for await (const line of lines) {
    if (line === null) torn += 1;
    else if (line.kind === 'checkpoint') {
      const root = rootOfNote(line.note, line.size, trust);
      const known = found.get(line.size);
      if (root === null) findings.add('anchor_forged', line.size);
      else if (known !== undefined && !isSameHash(known, root)) findings.add('anchor_conflict', line.size);
      else found.set(line.size, root);
    }
  }
  const roots = new Map([...found].sort(([one], [other]) => one - other));
  return { roots, last: [...roots.keys()].at(-1) ?? 0, torn };
}

/** The root that a note vouches for; null where it is not by the keys, or not of this size. */
export function rootOfNote(note: string, size: number, { keys, origin }: Trust): Hash | null {
  try {
    const opened = openCheckpoint(note, keys, origin);
    return opened.size === size ? opened.root : null;
  } catch (error) {
    if (error instanceof NoteFault) return null;
    throw error;
  }
}
