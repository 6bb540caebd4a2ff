import { type RecordedEvent, type ResourceMarked, resourceStream, type TransferEvent } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';
import type { EntityManager } from 'typeorm';
import { beginsIn, byStream } from './by-stream.js';
import { isoColumn, type Line, saveLines, type Table } from './lines.table.js';
import { type ResourceName, type ResourceStanding, standingOf } from './standing.js';
import { evolveTransferColumns, type TransferColumns } from './transfer-row.js';

/** The lines of these transfers, and of all others of the same resources; and those of further resources. */
const EARLIER = `WITH touched AS (
    SELECT resource_hash FROM marking.transfers WHERE transfer_id = ANY ($1::uuid[]) UNION SELECT unnest($2::text[]))
  SELECT transfer_id, target_node_key, resource_kind, resource_hash, status, state, marked_by,
    ${isoColumn('marked_at')}, ${isoColumn('queued_at')}, last_failure
  FROM marking.transfers JOIN touched USING (resource_hash)`;

const TRANSFERS: Table = {
  name: 'marking.transfers',
  key: ['transfer_id'],
  columns: [
    'target_node_key',
    'resource_kind',
    'resource_hash',
    'status',
    'marked_by',
    'marked_at',
    'queued_at',
    'last_failure',
  ] satisfies readonly (keyof TransferColumns)[],
  state: 'jsonb',
};

/**
 * At most three statements a batch, however many events.
 * @param reported streams of the resources that are first reported in the same batch: none of them was marked earlier
 * @returns how the resources whose transfers changed now stand with the hubs, by their streams
 */
export async function applyTransferEvents(
  events: readonly RecordedEvent[],
  reported: ReadonlySet<string>,
  tx: EntityManager,
): Promise<ReadonlyMap<string, ResourceStanding>> {
  const streams = byStream(events);
  if (streams.size === 0) return new Map();
  const lines = await earlierLines(streams, reported, tx);
  const changed = new Map<string, ResourceName>();
  await saveLines(tx, TRANSFERS, fold(streams, lines, changed));
  const gone = [...streams.keys()].map(transferIdOf).filter((id) => !lines.has(id));
  if (gone.length > 0) await tx.query('DELETE FROM marking.transfers WHERE transfer_id = ANY ($1::uuid[])', [gone]);
  return standings(changed, lines.values());
}

/** The lines to be written. `lines` becomes what they are, and `changed` the resources of which something changed. */
function* fold(
  streams: ReadonlyMap<string, readonly RecordedEvent[]>,
  lines: Map<string, TransferColumns>,
  changed: Map<string, ResourceName>,
): Generator<Line> {
  for (const [streamId, facts] of streams) {
    const id = transferIdOf(streamId);
    const earlier = lines.get(id) ?? null;
    let line = earlier;
    for (const fact of facts) line = evolveTransferColumns(line, toDomainEvent<TransferEvent>(fact));
    for (const each of [earlier, line]) if (each !== null) changed.set(resourceOf(each), each);
    if (line === null) lines.delete(id);
    else {
      lines.set(id, line);
      const { state, ...columns } = line;
      yield { columns, state };
    }
  }
}

/** What the folding needs to know of the table; most often nothing, where whole lives lie in the batch. */
async function earlierLines(
  streams: ReadonlyMap<string, readonly RecordedEvent[]>,
  reported: ReadonlySet<string>,
  tx: EntityManager,
): Promise<Map<string, TransferColumns>> {
  const going: string[] = [];
  const hashes = new Set<string>();
  for (const [streamId, facts] of streams) {
    if (!beginsIn(facts)) going.push(transferIdOf(streamId));
    for (const { type, data } of facts) {
      const resource = data as unknown as ResourceMarked;
      if (type === 'ResourceMarked' && !reported.has(resourceOf(resource))) hashes.add(resource.resource_hash);
    }
  }
  if (going.length === 0 && hashes.size === 0) return new Map();
  const lines = await tx.query<TransferColumns[]>(EARLIER, [going, [...hashes]]);
  return new Map(lines.map((line) => [line.transfer_id, line]));
}

function standings(
  changed: ReadonlyMap<string, ResourceName>,
  lines: Iterable<TransferColumns>,
): ReadonlyMap<string, ResourceStanding> {
  const transfers = new Map<string, TransferColumns[]>([...changed.keys()].map((resource) => [resource, []]));
  for (const line of lines) transfers.get(resourceOf(line))?.push(line);
  return new Map(
    [...changed].map(([resource, { resource_kind, resource_hash }]) => [
      resource,
      { resource_kind, resource_hash, ...standingOf(transfers.get(resource) ?? []) },
    ]),
  );
}

function resourceOf({ resource_kind, resource_hash }: ResourceName): string {
  return resourceStream(resource_kind, resource_hash);
}

function transferIdOf(streamId: string): string {
  return streamId.slice('transfer-'.length);
}
