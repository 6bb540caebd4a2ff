import type { Queries } from '../entry/entry.table.js';
import { together } from '../entry/together.js';
import type { Action, Known } from './action.js';
import { fold, mentionedIn, type Mentioned, type ReadEntry } from './fold.js';
import type { ResourceFacts, TransferRecord } from './transfer-record.js';

/** Keeps the views that the API answers from, in the transaction of the entries they are folded from. */
export class ViewsProjection {
  /** Folds entries, in the order of the log and each once: the caller sees to both. */
  async apply(entries: readonly ReadEntry[], tx: Queries): Promise<void> {
    if (entries.length === 0) return;
    const known = await load(mentionedIn(entries), tx);
    const { transfers, resources, actions } = fold(entries, known);
    const changed = [...transfers.values()].filter((record) => known.transfers.get(record.transfer_id) !== record);
    const told = [...resources].filter(([resource, facts]) => known.resources.get(resource) !== facts);
    const places = placesOf(actions, known.places);
    // In this order: who acted on a transfer before its first mark is found among the actions, and beside its line.
    await together([
      saveTransfers(changed, places, tx),
      saveResources(told, tx),
      saveActions(actions, tx),
      saveActors(actions, known.places, tx),
      saveEarlierActors(
        [...places.keys()].filter((id) => !known.places.has(id)),
        tx,
      ),
    ]);
  }
}

/** What is known of transfers with their places in the list: where each was marked first, which never changes. */
interface Placed extends Known {
  readonly places: ReadonlyMap<string, number>;
}

async function load({ transfers, resources }: Mentioned, tx: Queries): Promise<Placed> {
  const [lines, knownResources] = await together([loadTransfers(transfers, tx), loadResources(resources, tx)]);
  return {
    transfers: new Map(lines.map(({ record }) => [record.transfer_id, record])),
    places: new Map(lines.map(({ record, first_seq }) => [record.transfer_id, first_seq])),
    resources: knownResources,
  };
}

interface TransferLine {
  readonly first_seq: number;
  readonly record: TransferRecord;
}

async function loadTransfers(ids: readonly string[], tx: Queries): Promise<readonly TransferLine[]> {
  if (ids.length === 0) return [];
  return tx.query<TransferLine[]>(
    'SELECT first_seq::float8 AS first_seq, record FROM audit.transfers WHERE transfer_id = ANY ($1::uuid[])',
    [ids],
  );
}

/** The places of transfers that have one, and of those that these actions give one. */
function placesOf(actions: readonly Action[], known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const places = new Map(known);
  for (const { type, folded, transfer_id, global_seq } of actions) {
    const isMark = folded && type === 'ResourceMarked' && transfer_id !== null;
    if (isMark && !places.has(transfer_id)) places.set(transfer_id, global_seq);
  }
  return places;
}

async function loadResources(resources: readonly string[], tx: Queries): Promise<Known['resources']> {
  if (resources.length === 0) return new Map();
  const rows = await tx.query<(ResourceFacts & { resource: string })[]>(
    'SELECT resource, center_key, patient_hash, examination_hash FROM audit.resources WHERE resource = ANY ($1)',
    [resources],
  );
  return new Map(rows.map(({ resource, ...facts }) => [resource, facts]));
}

async function saveTransfers(
  records: readonly TransferRecord[],
  places: ReadonlyMap<string, number>,
  tx: Queries,
): Promise<void> {
  if (records.length === 0) return;
  const rows = records.map((record) => ({
    transfer_id: record.transfer_id,
    first_seq: places.get(record.transfer_id),
    status: record.status,
    target_node_key: record.target_node_key,
    resource_kind: record.resource_kind,
    resource_hash: record.resource_hash,
    center_key: record.center_key,
    patient_hash: record.patient_hash,
    examination_hash: record.examination_hash,
    record,
  }));
  await tx.query(
    `INSERT INTO audit.transfers SELECT * FROM jsonb_to_recordset($1) AS r(transfer_id uuid, first_seq bigint,
       status text, target_node_key text, resource_kind text, resource_hash text, center_key text, patient_hash text,
       examination_hash text, record jsonb)
     ON CONFLICT (transfer_id) DO UPDATE
       SET status = excluded.status, center_key = excluded.center_key, patient_hash = excluded.patient_hash,
         examination_hash = excluded.examination_hash, record = excluded.record`,
    [JSON.stringify(rows)],
  );
}

async function saveResources(told: readonly (readonly [string, ResourceFacts])[], tx: Queries): Promise<void> {
  if (told.length === 0) return;
  const rows = told.map(([resource, facts]) => ({ resource, ...facts }));
  await tx.query(
    `INSERT INTO audit.resources SELECT * FROM jsonb_to_recordset($1)
       AS r(resource text, center_key text, patient_hash text, examination_hash text)
     ON CONFLICT (resource) DO UPDATE SET center_key = excluded.center_key, patient_hash = excluded.patient_hash,
       examination_hash = excluded.examination_hash`,
    [JSON.stringify(rows)],
  );
}

async function saveActions(actions: readonly Action[], tx: Queries): Promise<void> {
  await tx.query(
    `INSERT INTO audit.actions SELECT * FROM jsonb_to_recordset($1) AS r(global_seq bigint, recorded_at timestamptz,
       type text, actor text, outcome text, transfer_id uuid, resource_kind text, resource_hash text, center_key text,
       target_node_key text, patient_hash text, examination_hash text, folded boolean)`,
    [JSON.stringify(actions)],
  );
}

/** Who acted on a transfer that has its line already. */
async function saveActors(actions: readonly Action[], places: ReadonlyMap<string, number>, tx: Queries): Promise<void> {
  const rows = new Map<string, { actor: string; first_seq: number; transfer_id: string }>();
  for (const { actor, transfer_id } of actions) {
    const first_seq = places.get(transfer_id ?? '');
    if (actor === null || transfer_id === null || first_seq === undefined) continue;
    rows.set(`${first_seq} ${actor}`, { actor, first_seq, transfer_id });
  }
  if (rows.size === 0) return;
  await tx.query(
    `INSERT INTO audit.transfer_actors SELECT * FROM json_to_recordset($1) AS r(actor text, first_seq bigint,
       transfer_id uuid) ON CONFLICT DO NOTHING`,
    [JSON.stringify([...rows.values()])],
  );
}

/** With a transfer's first mark, whoever was refused something about it before is taken up, too. */
async function saveEarlierActors(marked: readonly string[], tx: Queries): Promise<void> {
  if (marked.length === 0) return;
  await tx.query(
    `INSERT INTO audit.transfer_actors
     SELECT DISTINCT a.actor, t.first_seq, t.transfer_id
     FROM audit.actions a JOIN audit.transfers t USING (transfer_id)
     WHERE a.transfer_id = ANY ($1::uuid[]) AND a.actor IS NOT NULL
     ON CONFLICT DO NOTHING`,
    [marked],
  );
}
