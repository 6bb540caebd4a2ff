import type { RecordedEvent, TransferEvent } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';
import { type EntityManager, In } from 'typeorm';
import { byStream } from './by-stream.js';
import { evolveTransferColumns, type TransferColumns } from './transfer-row.js';
import { TransferEntity } from './view.entity.js';

/** At most four statements a batch, however many events. */
export async function applyTransferEvents(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
  const streams = byStream(events);
  if (streams.size === 0) return;
  const ids = [...streams.keys()].map(transferIdOf);
  const earlier = new Map(
    (await tx.findBy(TransferEntity, { transfer_id: In(ids) })).map((one) => [one.transfer_id, one]),
  );
  const living: TransferColumns[] = [];
  const gone: string[] = [];
  for (const [streamId, facts] of streams) {
    let line: TransferColumns | null = earlier.get(transferIdOf(streamId)) ?? null;
    for (const fact of facts) line = evolveTransferColumns(line, toDomainEvent<TransferEvent>(fact));
    if (line === null) gone.push(transferIdOf(streamId));
    else living.push(line);
  }
  if (gone.length > 0) await tx.delete(TransferEntity, { transfer_id: In(gone) });
  if (living.length > 0) await tx.upsert(TransferEntity, living, ['transfer_id']);
  await noteCompleted(
    living.filter(({ status }) => status === 'completed'),
    tx,
  );
}

function transferIdOf(streamId: string): string {
  return streamId.slice('transfer-'.length);
}

async function noteCompleted(completed: readonly TransferColumns[], tx: EntityManager): Promise<void> {
  if (completed.length === 0) return;
  await tx.query(
    `UPDATE marking.resources r SET completed_for = array_append(r.completed_for, c.target_node_key)
     FROM (SELECT DISTINCT * FROM jsonb_to_recordset($1::jsonb)
       AS c(resource_kind text, resource_hash text, target_node_key text)) c
     WHERE r.resource_kind = c.resource_kind AND r.resource_hash = c.resource_hash
       AND NOT c.target_node_key = ANY (r.completed_for)`,
    [
      JSON.stringify(
        completed.map(({ resource_kind, resource_hash, target_node_key }) => ({
          resource_kind,
          resource_hash,
          target_node_key,
        })),
      ),
    ],
  );
}
