import type { EntityManager } from 'typeorm';
import type { Entry } from '../entry/entry.js';
import { type Action, fold, type Known, mentionedIn, type Mentioned, readEntry } from './fold.js';
import type { TransferRecord } from './transfer-record.js';

/** Keeps the views that the API answers from, in the transaction of the entries they are folded from. */
export class ViewsProjection {
  /** Folds entries, in the order of the log and each once: the caller sees to both. */
  async apply(entries: readonly Entry[], tx: EntityManager): Promise<void> {
    const read = entries.map(readEntry);
    const known = await load(mentionedIn(read), tx);
    const { transfers, centers, actions } = fold(read, known);
    const changed = [...transfers.values()].filter((record) => known.transfers.get(record.transfer_id) !== record);
    if (changed.length > 0) await saveTransfers(changed, entries[0]?.globalSeq ?? 0, actions, tx);
    const moved = [...centers].filter(([resource, center]) => known.centers.get(resource) !== center);
    if (moved.length > 0) await saveCenters(moved, tx);
    await saveActions(actions, tx);
  }
}

async function load({ transfers, resources }: Mentioned, tx: EntityManager): Promise<Known> {
  return {
    transfers: transfers.length === 0 ? new Map() : await loadTransfers(transfers, tx),
    centers: resources.length === 0 ? new Map() : await loadCenters(resources, tx),
  };
}

async function loadTransfers(ids: readonly string[], tx: EntityManager): Promise<Known['transfers']> {
  const rows = await tx.query<{ record: TransferRecord }[]>(
    'SELECT record FROM audit.transfers WHERE transfer_id = ANY ($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ record }) => [record.transfer_id, record]));
}

async function loadCenters(resources: readonly string[], tx: EntityManager): Promise<Known['centers']> {
  const rows = await tx.query<{ resource: string; center_key: string | null }[]>(
    'SELECT resource, center_key FROM audit.resource_centers WHERE resource = ANY ($1)',
    [resources],
  );
  return new Map(rows.map(({ resource, center_key }) => [resource, center_key]));
}

/** A list of transfers is ordered by where each was marked first, which never changes. */
async function saveTransfers(
  records: readonly TransferRecord[],
  start: number,
  actions: readonly Action[],
  tx: EntityManager,
): Promise<void> {
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
    record,
  }));
  await tx.query(
    `INSERT INTO audit.transfers SELECT * FROM jsonb_to_recordset($1) AS r(transfer_id uuid, first_seq bigint,
       status text, target_node_key text, resource_kind text, resource_hash text, center_key text, record jsonb)
     ON CONFLICT (transfer_id) DO UPDATE
       SET status = excluded.status, center_key = excluded.center_key, record = excluded.record`,
    [JSON.stringify(rows)],
  );
}

async function saveCenters(centers: readonly (readonly [string, string | null])[], tx: EntityManager): Promise<void> {
  const rows = centers.map(([resource, center_key]) => ({ resource, center_key }));
  await tx.query(
    `INSERT INTO audit.resource_centers
     SELECT * FROM jsonb_to_recordset($1) AS r(resource text, center_key text)
     ON CONFLICT (resource) DO UPDATE SET center_key = excluded.center_key`,
    [JSON.stringify(rows)],
  );
}

async function saveActions(actions: readonly Action[], tx: EntityManager): Promise<void> {
  await tx.query(
    `INSERT INTO audit.actions SELECT * FROM jsonb_to_recordset($1) AS r(global_seq bigint, recorded_at timestamptz,
       type text, actor text, transfer_id uuid, resource_kind text, resource_hash text, center_key text, folded boolean)`,
    [JSON.stringify(actions)],
  );
}
