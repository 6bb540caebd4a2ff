import type { EntityManager } from 'typeorm';
import { together } from '../entry/together.js';
import type { Action, Known } from './action.js';
import { fold, mentionedIn, type Mentioned, type ReadEntry } from './fold.js';
import type { ResourceFacts, TransferRecord } from './transfer-record.js';

/** Keeps the views that the API answers from, in the transaction of the entries they are folded from. */
export class ViewsProjection {
  /** Folds entries, in the order of the log and each once: the caller sees to both. */
  async apply(entries: readonly ReadEntry[], tx: EntityManager): Promise<void> {
    if (entries.length === 0) return;
    const known = await load(mentionedIn(entries), tx);
    const { transfers, resources, actions } = fold(entries, known);
    const changed = [...transfers.values()].filter((record) => known.transfers.get(record.transfer_id) !== record);
    const told = [...resources].filter(([resource, facts]) => known.resources.get(resource) !== facts);
    // In this order: who acted is found among the actions, and beside the transfers.
    await together([
      saveTransfers(changed, entries[0]?.entry.globalSeq ?? 0, actions, tx),
      saveResources(told, tx),
      saveActions(actions, tx),
      saveActors(actions, tx),
    ]);
  }
}

async function load({ transfers, resources }: Mentioned, tx: EntityManager): Promise<Known> {
  const [knownTransfers, knownResources] = await together([loadTransfers(transfers, tx), loadResources(resources, tx)]);
  return { transfers: knownTransfers, resources: knownResources };
}

async function loadTransfers(ids: readonly string[], tx: EntityManager): Promise<Known['transfers']> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<{ record: TransferRecord }[]>(
    'SELECT record FROM audit.transfers WHERE transfer_id = ANY ($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ record }) => [record.transfer_id, record]));
}

async function loadResources(resources: readonly string[], tx: EntityManager): Promise<Known['resources']> {
  if (resources.length === 0) return new Map();
  const rows = await tx.query<(ResourceFacts & { resource: string })[]>(
    'SELECT resource, center_key, patient_hash, examination_hash FROM audit.resources WHERE resource = ANY ($1)',
    [resources],
  );
  return new Map(rows.map(({ resource, ...facts }) => [resource, facts]));
}

/** A list of transfers is ordered by where each was marked first, which never changes. */
async function saveTransfers(
  records: readonly TransferRecord[],
  start: number,
  actions: readonly Action[],
  tx: EntityManager,
): Promise<void> {
  if (records.length === 0) return;
  const marks = actions.filter(({ type, folded }) => folded && type === 'ResourceMarked').reverse();
  const firstMarks = new Map(marks.map(({ transfer_id, global_seq }) => [transfer_id, global_seq]));
  const rows = records.map((record) => ({
    transfer_id: record.transfer_id,
    // Without a mark among these entries the transfer has its line, and with it its place, already.
    first_seq: firstMarks.get(record.transfer_id) ?? start,
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

async function saveResources(told: readonly (readonly [string, ResourceFacts])[], tx: EntityManager): Promise<void> {
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

async function saveActions(actions: readonly Action[], tx: EntityManager): Promise<void> {
  await tx.query(
    `INSERT INTO audit.actions SELECT * FROM jsonb_to_recordset($1) AS r(global_seq bigint, recorded_at timestamptz,
       type text, actor text, outcome text, transfer_id uuid, resource_kind text, resource_hash text, center_key text,
       target_node_key text, patient_hash text, examination_hash text, folded boolean)`,
    [JSON.stringify(actions)],
  );
}

/** With a transfer's first mark, whoever was refused something about it before is taken up too. */
async function saveActors(actions: readonly Action[], tx: EntityManager): Promise<void> {
  const transfers = [...new Set(actions.flatMap(({ transfer_id }) => transfer_id ?? []))];
  if (transfers.length === 0) return;
  await tx.query(
    `INSERT INTO audit.transfer_actors
     SELECT DISTINCT a.actor, t.first_seq, t.transfer_id
     FROM audit.actions a JOIN audit.transfers t USING (transfer_id)
     WHERE a.transfer_id = ANY ($1::uuid[]) AND a.actor IS NOT NULL
       AND (a.global_seq BETWEEN $2 AND $3 OR t.first_seq BETWEEN $2 AND $3)
     ON CONFLICT DO NOTHING`,
    [transfers, actions[0]?.global_seq, actions.at(-1)?.global_seq],
  );
}
