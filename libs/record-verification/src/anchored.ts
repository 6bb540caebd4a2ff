import type { KeyObject } from 'node:crypto';
import {
  type AnchoredCheckpoint,
  type Hash,
  isSameHash,
  NoteFault,
  openCheckpoint,
  type ReadLine,
} from '@hub-export/transparency-log';
import { accessOrigin, isAccessOrigin } from './access-chain.js';
import type { AccessAnchors } from './access-walk.js';
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
  /** Whether no checkpoint follows a torn line: what it was to anchor is not known. */
  readonly isEndTorn: boolean;
  /** Of the record of who read the audit. */
  readonly accesses: AccessAnchors;
  /** Keys that the sinks tell, each with a size from which on it signs. */
  readonly keys: readonly SignerKey[];
}

/** A public key, in the form of signed notes, and the size of the first checkpoint that it signed. */
export interface SignerKey {
  readonly key: string;
  readonly size: number;
}

/** Reads the sinks: what is not by the keys is a finding, and vouches for nothing. */
export async function readAnchors(
  lines: AsyncIterable<ReadLine>,
  trust: Trust,
  findings: SiteFindings,
): Promise<Anchored> {
  const found = new Map<number, Hash>();
  const keys: SignerKey[] = [];
  const accesses = new Map<number, string>();
  const forged: number[] = [];
  let [torn, isEndTorn, last] = [0, false, 0];
  for await (const line of lines) {
    switch (line.kind) {
      case 'torn':
        torn += 1;
        isEndTorn = true;
        break;
      case 'damaged':
        findings.add('anchor_damaged', line.size ?? last + 1);
        break;
      case 'key':
        keys.push({ key: line.key, size: line.size });
        break;
      case 'accesses': {
        const hash = accessHashOf(line.note, line.size, trust);
        if (hash === null) forged.push(line.size);
        else accesses.set(line.size, hash);
        break;
      }
      case 'checkpoint':
        isEndTorn = false;
        last = line.size;
        take(line, trust, found, findings);
    }
  }
  const roots = new Map([...found].sort(([one], [other]) => one - other));
  return { roots, last: [...roots.keys()].at(-1) ?? 0, torn, isEndTorn, keys, accesses: { hashes: accesses, forged } };
}

function take(
  { note, size }: AnchoredCheckpoint,
  trust: Trust,
  found: Map<number, Hash>,
  findings: SiteFindings,
): void {
  const root = rootOfNote(note, size, trust);
  const known = found.get(size);
  if (root === null) findings.add('anchor_forged', size);
  else if (known !== undefined && !isSameHash(known, root)) findings.add('anchor_conflict', size);
  else found.set(size, root);
}

/** The hash of the access that a note vouches for; null where it is not by the keys, or not of this place. */
function accessHashOf(note: string, place: number, { keys, origin }: Trust): string | null {
  try {
    const opened = openCheckpoint(note, keys, origin === undefined ? undefined : accessOrigin(origin));
    return opened.size === place && isAccessOrigin(opened.origin) ? Buffer.from(opened.root).toString('hex') : null;
  } catch (error) {
    if (error instanceof NoteFault) return null;
    throw error;
  }
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
