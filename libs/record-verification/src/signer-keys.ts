import type { Anchored, SignerKey } from './anchored.js';
import type { SiteFindings } from './site-report.js';

/**
 * Compares the stored keys with those that the sinks tell. A key is told in the sink before its first checkpoint, and is
 * told again where a crash came between the two: then one of the lines has to fit.
 * @param lastStored the size of the last stored checkpoint; keys of later ones may be on their way into the store.
 */
export function checkKeys(
  stored: readonly SignerKey[],
  { keys: told, last }: Pick<Anchored, 'keys' | 'last'>,
  lastStored: number,
  findings: SiteFindings,
): void {
  for (const { key, size } of stored) {
    const isTold = told.some((other) => other.key === key && other.size === size);
    // Behind the last anchor it is the sink that lacks something, which the stored checkpoints tell.
    if (!isTold && size <= last) findings.add('checkpoint_key_differs', size);
  }
  const storedKeys = new Set(stored.map(({ key }) => key));
  const lacking = new Map(told.filter(({ key }) => !storedKeys.has(key)).map(({ key, size }) => [key, size]));
  for (const size of lacking.values()) if (size <= lastStored) findings.add('checkpoint_key_missing', size);
}
