import { readFile, writeFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import { entryHash, entryText, GENESIS_HASH } from '@hub-export/contracts';
import {
  anchorLineText,
  parseAnchorLine,
  parseNote,
  noteText,
  signCheckpoint,
  parseCheckpointText,
} from '@hub-export/transparency-log';
import type pg from 'pg';
import type { Chance } from './chance.js';
import type { TamperedSite, Told } from './tampered-site.testing.js';

/** What a mutation did: where it must be found, exactly or, where only checkpoints can tell, in a range that has it. */
export interface Mutated {
  readonly place: number;
  readonly isExact: boolean;
}

/** One change by somebody who owns the databases. */
export type Mutation = (site: TamperedSite, told: Told, chance: Chance) => Promise<Mutated>;

type Store = 'log' | 'audit';

/** The tables' names for the fields of an entry. */
const FIELDS = {
  log: { table: 'log.events', data: 'data', hash: 'hash', recordedAt: 'recorded_at' },
  audit: { table: 'audit.entries', data: 'data_text', hash: 'entry_hash', recordedAt: 'recorded_at' },
} as const;

/** Every kind of the list that must be found, for log, audit, or both. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a byte edited in the log': edited('log'),
  'a byte edited in the audit': edited('audit'),
  'an entry deleted in the middle of the log': deletedMiddle('log'),
  'an entry deleted in the middle of the audit': deletedMiddle('audit'),
  'the tail of the log deleted below the last anchor': deletedTail('log'),
  'the tail of the audit deleted below the last anchor': deletedTail('audit'),
  'an entry inserted into the log': inserted('log'),
  'an entry inserted into the audit': inserted('audit'),
  'two entries of the log swapped': swapped('log'),
  'two entries of the audit swapped': swapped('audit'),
  'a suffix of the log hashed again': rehashed(['log']),
  'a suffix of the audit hashed again': rehashed(['audit']),
  'the same suffix of log and audit hashed again': rehashed(['log', 'audit']),
  'the signature of a stored checkpoint replaced': storedSignature,
  'the signature of an anchored checkpoint replaced': anchoredSignature,
  'a line of the sink damaged and its stored checkpoint deleted': damagedLine,
  'a stored key replaced': storedKey,
  'the log rolled back below an anchor': rolledBack(['log']),
  'the audit rolled back below an anchor': rolledBack(['audit']),
  'log and audit rolled back below an anchor': rolledBack(['log', 'audit']),
};

function edited(store: Store): Mutation {
  return async ({ owner }, { entries }, chance) => {
    const place = chance.between(1, entries);
    const { table, data, hash } = FIELDS[store];
    const id = 'event_id';
    const column = chance.of([data, hash, id, 'type', 'correlation_id', 'stream_id', 'version', 'recorded_at']);
    const change = await changeOf(column, store, place, owner, chance);
    await owner.query(`UPDATE ${table} SET ${column} = ${change} WHERE global_seq = $1`, [place]);
    return { place, isExact: true };
  };
}

/** One letter, bit or unit of a column is another. */
async function changeOf(
  column: string,
  store: Store,
  place: number,
  owner: pg.Client,
  chance: Chance,
): Promise<string> {
  if (column === 'version') return 'version + 100000';
  if (column === 'hash') return `set_byte(hash, ${chance.between(0, 31)}, get_byte(hash, 0) # 85 # get_byte(hash, 7))`;
  if (column === 'recorded_at' && store === 'log') return `recorded_at + interval '1 microsecond'`;
  const { rows } = await owner.query<{ text: string }>(
    `SELECT ${column}::text AS text FROM ${FIELDS[store].table} WHERE global_seq = $1`,
    [place],
  );
  const text = rows[0]?.text ?? '';
  // Within the strings of a JSON text, so that it stays one; hexadecimal digits stay some, and names stay names.
  const inString = column.startsWith('data');
  const places = [...text.matchAll(inString ? /(?<=":"[^"]*)[a-z0-9](?=[^"]*")/g : /[a-f0-9]/g)].map(
    ({ index }) => index,
  );
  const at = chance.of(places);
  const letter = text[at] === 'a' ? 'b' : 'a';
  const changed = text.slice(0, at) + letter + text.slice(at + 1);
  const literal = `'${changed.replaceAll("'", "''")}'`;
  const casts: Readonly<Record<string, string>> = { data: '::json', event_id: store === 'log' ? '::uuid' : '' };
  return `${literal}${casts[column] ?? ''}`;
}

function deletedMiddle(store: Store): Mutation {
  return async ({ owner }, { entries }, chance) => {
    const place = chance.between(1, entries - 1);
    await owner.query(`DELETE FROM ${FIELDS[store].table} WHERE global_seq = $1`, [place]);
    return { place, isExact: true };
  };
}

function deletedTail(store: Store): Mutation {
  return async ({ owner }, { anchors }, chance) => {
    const place = chance.between(1, anchors.at(-1) ?? 1);
    await owner.query(`DELETE FROM ${FIELDS[store].table} WHERE global_seq >= $1`, [place]);
    await moveEnd(store, place - 1, owner);
    return { place, isExact: true };
  };
}

/** What the store keeps of its end is made to agree. */
async function moveEnd(store: Store, end: number, owner: pg.Client): Promise<void> {
  if (store === 'log') {
    await owner.query(
      `UPDATE log.head SET global_seq = $1, hash = coalesce((SELECT hash FROM log.events WHERE global_seq = $1),
         decode(repeat('00', 32), 'hex'))`,
      [end],
    );
    return;
  }
  await owner.query('UPDATE audit.progress SET contiguous_to = $1, seen_to = $1', [end]);
}

/** What follows moves on by one, and the end says so. */
function inserted(store: Store): Mutation {
  return async ({ owner }, { entries }, chance) => {
    const { table } = FIELDS[store];
    const after = chance.between(1, entries - 1);
    const [SHIFT, place] = [1_000_000, after + 1];
    await owner.query(`UPDATE ${table} SET global_seq = global_seq + ${SHIFT} WHERE global_seq > $1`, [after]);
    await owner.query(`UPDATE ${table} SET global_seq = global_seq - ${SHIFT - 1} WHERE global_seq > ${SHIFT}`);
    const columns = await columnsOf(table, owner);
    const values = columns.map((column) =>
      column === 'global_seq'
        ? String(place)
        : column === 'version'
          ? 'version + 100000'
          : column === 'event_id'
            ? `gen_random_uuid()${store === 'audit' ? '::text' : ''}`
            : column,
    );
    await owner.query(
      `INSERT INTO ${table} (${columns.join()}) SELECT ${values.join()} FROM ${table} WHERE global_seq = $1`,
      [after],
    );
    await moveEnd(store, entries + 1, owner);
    return { place, isExact: true };
  };
}

async function columnsOf(table: string, owner: pg.Client): Promise<readonly string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return rows.map(({ name }) => name);
}

function swapped(store: Store): Mutation {
  return async ({ owner }, { entries }, chance) => {
    const { table } = FIELDS[store];
    const place = chance.between(1, entries - 1);
    const other = chance.between(place + 1, entries);
    await owner.query(`UPDATE ${table} SET global_seq = 900000001 WHERE global_seq = $1`, [place]);
    await owner.query(`UPDATE ${table} SET global_seq = $1 WHERE global_seq = $2`, [place, other]);
    await owner.query(`UPDATE ${table} SET global_seq = $1 WHERE global_seq = 900000001`, [other]);
    return { place, isExact: true };
  };
}

/** An entry is changed and the chain from there on computed anew, so that it holds. */
function rehashed(stores: readonly Store[]): Mutation {
  return async ({ owner }, { anchors }, chance) => {
    const place = chance.between(1, anchors.at(-1) ?? 1);
    for (const store of stores) await rehash(store, place, owner);
    return { place, isExact: stores.length === 1 };
  };
}

async function rehash(store: Store, place: number, owner: pg.Client): Promise<void> {
  const { table } = FIELDS[store];
  const isLog = store === 'log';
  await owner.query(`UPDATE ${table} SET correlation_id = 'another' WHERE global_seq = $1`, [place]);
  const { rows } = await owner.query<Parameters<typeof entryText>[0] & { hash: string }>(
    `SELECT global_seq::float8 AS "globalSeq", stream_id AS "streamId", version::float8 AS version, event_id::text AS id,
       type, ${isLog ? 'data::text' : 'data_text'} AS "dataText", correlation_id AS "correlationId",
       causation_id AS "causationId",
       ${isLog ? `to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : 'recorded_at'} AS "recordedAt",
       ${isLog ? `encode(hash, 'hex')` : 'entry_hash'} AS hash
     FROM ${table} WHERE global_seq >= $1 ORDER BY global_seq`,
    [place - 1],
  );
  let before = place === 1 ? GENESIS_HASH : (rows.shift()?.hash ?? '');
  const hashes = rows.map((row) => (before = entryHash(before, entryText(row))));
  const value = isLog ? `hash = decode(fresh.hash, 'hex')` : 'entry_hash = fresh.hash';
  await owner.query(
    `UPDATE ${table} t SET ${value} FROM unnest($1::bigint[], $2::text[]) AS fresh(place, hash)
     WHERE t.global_seq = fresh.place`,
    [rows.map(({ globalSeq }) => globalSeq), hashes],
  );
  if (isLog) await moveEnd('log', place - 1 + rows.length, owner);
}

async function storedSignature(site: TamperedSite, { anchors }: Told, chance: Chance): Promise<Mutated> {
  const place = chance.of(anchors);
  const { rows } = await site.owner.query<{ note: string }>('SELECT note FROM audit.checkpoints WHERE size = $1', [
    place,
  ]);
  const note = withOtherSignature(rows[0]?.note ?? '', site.otherKey);
  await site.owner.query('UPDATE audit.checkpoints SET note = $2 WHERE size = $1', [place, note]);
  return { place, isExact: true };
}

async function anchoredSignature(site: TamperedSite, { anchors }: Told, chance: Chance): Promise<Mutated> {
  const place = chance.of(anchors);
  const lines = (await readFile(site.sink, 'utf8')).trimEnd().split('\n').map(parseAnchorLine);
  const changed = lines.map((line) =>
    line?.kind === 'checkpoint' && line.size === place
      ? { ...line, note: withOtherSignature(line.note, site.otherKey) }
      : line,
  );
  await writeFile(site.sink, changed.map((line) => (line === null ? '' : anchorLineText(line))).join(''));
  return { place, isExact: true };
}

/** One character of the line is another, whether the line can still be read or not. */
async function damagedLine({ sink, owner }: TamperedSite, { anchors }: Told, chance: Chance): Promise<Mutated> {
  const place = chance.of(anchors);
  const lines = (await readFile(sink, 'utf8')).split('\n');
  const at = lines.findIndex((line) => line.includes(`"kind":"checkpoint","size":${place},`));
  const line = lines[at] ?? '';
  // Behind the size, so that it can still be told which one it was.
  const where = chance.between(line.indexOf(',"anchored_at"') + 1, line.length - 1);
  const other = ['\u0001', '"', '}', 'x'].filter((character) => character !== line[where]);
  lines[at] = line.slice(0, where) + chance.of(other) + line.slice(where + 1);
  await writeFile(sink, lines.join('\n'));
  await owner.query('DELETE FROM audit.checkpoints WHERE size = $1', [place]);
  return { place, isExact: true };
}

async function storedKey({ owner }: TamperedSite): Promise<Mutated> {
  const { rows } = await owner.query<{ place: number }>(
    `UPDATE audit.checkpoint_keys SET verifier_key = verifier_key || 'A' RETURNING from_size::float8 AS place`,
  );
  return { place: rows[0]?.place ?? 0, isExact: true };
}

/** Signed by another key, which claims to be the one that is known, or says that it is another. */
function withOtherSignature(note: string, otherKey: KeyObject): string {
  const { text, signatures } = parseNote(note);
  const forged = parseNote(signCheckpoint(parseCheckpointText(text), otherKey)).signatures;
  return noteText({
    text,
    signatures: forged.map((signature, place) => ({ ...signature, keyId: signatures[place]?.keyId ?? '' })),
  });
}

/** As a backup would be put back: all tables agree with each other, at an earlier end. */
function rolledBack(stores: readonly Store[]): Mutation {
  return async ({ owner }, { anchors }, chance) => {
    const end = chance.between(0, (anchors.at(-1) ?? 1) - 1);
    if (stores.includes('log')) {
      await owner.query('DELETE FROM log.events WHERE global_seq > $1', [end]);
      await owner.query('DELETE FROM log.commands WHERE position > $1', [end]);
      await moveEnd('log', end, owner);
    }
    if (stores.includes('audit')) {
      await owner.query('DELETE FROM audit.entries WHERE global_seq > $1', [end]);
      await owner.query('DELETE FROM audit.checkpoints WHERE size > $1', [end]);
      await owner.query('DELETE FROM audit.tree_tiles WHERE (place + 1) * 256 > $1', [end]);
      await moveEnd('audit', end, owner);
    }
    return { place: end + 1, isExact: true };
  };
}
