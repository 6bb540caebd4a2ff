import { entryText } from '@hub-export/contracts';
import { entryLeaf, type Hash, leafHash, TILE_WIDTH, type TilePlace, tileHashes } from '@hub-export/transparency-log';
import { type Entry } from '../entry/entry.js';
import { ENTRY_COLUMNS, type Queries } from '../entry/entry.table.js';

/** The hashes of the leaves from one place to another, both counted from 0, without the second. */
export async function leavesBetween(from: number, to: number, tx: Queries): Promise<readonly Hash[]> {
  const entries = await tx.query<Entry[]>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries WHERE global_seq > $1 AND global_seq <= $2 ORDER BY global_seq`,
    [from, to],
  );
  if (entries.length !== to - from) throw new Error('Entries below the end of the record are missing.');
  return entries.map(leafOf);
}

export function leafOf(entry: Entry): Hash {
  return leafHash(entryLeaf(entryText(entry), entry.hash));
}

/** The hashes of a complete tile; null where it is not there. */
export async function loadTile({ level, index }: TilePlace, tx: Queries): Promise<readonly Hash[] | null> {
  const [row] = await tx.query<{ hashes: Buffer }[]>(
    'SELECT hashes FROM audit.tree_tiles WHERE level = $1 AND place = $2',
    [level, index],
  );
  return row === undefined ? null : tileHashes(row.hashes);
}

/** The roots of complete neighbouring tiles of one level. */
export async function tileRoots(level: number, from: number, to: number, tx: Queries): Promise<readonly Hash[]> {
  const rows = await tx.query<{ root: Buffer }[]>(
    'SELECT root FROM audit.tree_tiles WHERE level = $1 AND place >= $2 AND place < $3 ORDER BY place',
    [level, from, to],
  );
  if (rows.length !== to - from) throw new Error('Tiles below the end of the record are missing.');
  return rows.map(({ root }) => root);
}

/** A tile that is there stays as it is; whether it is right is seen when the record is read again. */
export async function insertTile(place: TilePlace, hashes: readonly Hash[], root: Hash, tx: Queries): Promise<void> {
  if (hashes.length !== TILE_WIDTH) throw new RangeError('A tile is kept when it is complete.');
  await tx.query(
    `INSERT INTO audit.tree_tiles (level, place, hashes, root) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
    [place.level, place.index, Buffer.concat(hashes), Buffer.from(root)],
  );
}
