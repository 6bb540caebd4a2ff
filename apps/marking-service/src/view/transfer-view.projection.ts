import type { RecordedEvent, TransferEvent } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';
import type { EntityManager } from 'typeorm';
import { byStream } from './by-stream.js';
import { isoColumn, saveLines, type Table } from './lines.table.js';
import { evolveTransferColumns, type TransferColumns } from './transfer-row.js';

const EARLIER = `SELECT transfer_id, target_node_key, resource_kind, resource_hash, status, state, marked_by,
  ${isoColumn('marked_at')}, ${isoColumn('queued_at')}, last_failure
  FROM marking.transfers WHERE transfer_id = ANY ($1::uuid[])`;

const TRANSFERS: Table = {
  name: 'marking.transfers',
  key: ['transfer_id'],
  columns: [
    'target_node_key',
    'resource_kind',
    'resource_hash',
    'status',
    'state',
    'marked_by',
    'marked_at',
    'queued_at',
    'last_failure',
  ] satisfies readonly (keyof TransferColumns)[],
};

/** At most four statements a batch, however many events. */
export async function applyTransferEvents(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
  const streams = byStream(events);
  if (streams.size === 0) return;
  const ids = [...streams.keys()].map(transferIdOf);
  const earlier = new Map((await tx.query<TransferColumns[]>(EARLIER, [ids])).map((one) => [one.transfer_id, one]));
  const living: TransferColumns[] = [];
  const gone: string[] = [];
  for (const [streamId, facts] of streams) {
    let line: TransferColumns | null = earlier.get(transferIdOf(streamId)) ?? null;
    for (const fact of facts) line = evolveTransferColumns(line, toDomainEvent<TransferEvent>(fact));
    if (line === null) gone.push(transferIdOf(streamId));
    else living.push(line);
  }
  if (gone.length > 0) await tx.query('DELETE FROM marking.transfers WHERE transfer_id = ANY ($1::uuid[])', [gone]);
  await saveLines(tx, TRANSFERS, living);
  const touched = [...living, ...earlier.values()];
  await noteStanding(touched, tx);
}

function transferIdOf(streamId: string): string {
  return streamId.slice('transfer-'.length);
}

/** How the resources of these transfers stand with each hub, from all transfers of theirs. */
async function noteStanding(
  touched: readonly Pick<TransferColumns, 'resource_kind' | 'resource_hash'>[],
  tx: EntityManager,
): Promise<void> {
  if (touched.length === 0) return;
  await tx.query(
    `WITH touched AS (
       SELECT DISTINCT * FROM jsonb_to_recordset($1::jsonb) AS c(resource_kind text, resource_hash text)),
     standing AS (
       SELECT c.resource_kind, c.resource_hash,
         coalesce((jsonb_object_agg(t.target_node_key, t.status ORDER BY t.marked_at)
             FILTER (WHERE t.transfer_id IS NOT NULL)
           || jsonb_build_object('', (array_agg(t.status ORDER BY t.marked_at DESC))[1]))::text, '{}') AS standing,
         coalesce(array_agg(DISTINCT t.target_node_key) FILTER (WHERE t.status = 'completed'), '{}') AS completed_for
       FROM touched c LEFT JOIN marking.transfers t
         ON t.resource_hash = c.resource_hash AND t.resource_kind = c.resource_kind
       GROUP BY c.resource_kind, c.resource_hash)
     UPDATE marking.resources r SET standing = s.standing, completed_for = s.completed_for
     FROM standing s
     WHERE r.resource_kind = s.resource_kind AND r.resource_hash = s.resource_hash AND r.standing <> s.standing`,
    [JSON.stringify(touched.map(({ resource_kind, resource_hash }) => ({ resource_kind, resource_hash })))],
  );
}
