/** The first line of every leaf: what kind of leaf it is. A later kind has another. */
export const ENTRY_LEAF_KIND = 'hub-export/audit-entry/v1';

/**
 * The bytes of an entry's leaf, UTF-8: the kind, the entry's hash in the log's chain as 64 hexadecimal digits, and the
 * text that the chain hashes (`entryText` of the contracts: nine fields), joined by line feeds, of which no field holds
 * one. With the hash in it, each leaf vouches for all entries before it, too.
 */
export function entryLeaf(entryText: string, entryHash: string): Uint8Array {
  return new TextEncoder().encode(`${ENTRY_LEAF_KIND}\n${entryHash}\n${entryText}`);
}
