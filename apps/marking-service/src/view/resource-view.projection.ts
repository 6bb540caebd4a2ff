import { type RecordedEvent, type ResourceEvent, type ResourceKind, resourceStream } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';
import { type Resource, resourceDecider } from '@hub-export/transfer-life';
import type { EntityManager } from 'typeorm';
import { byStream } from './by-stream.js';
import { isoColumn, saveLines, type Table } from './lines.table.js';
import {
  type Earlier,
  type KnownResource,
  resourceColumns,
  type ResourceColumns,
  type SnapshotCard,
} from './resource-row.js';

interface ResourceName {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
}

const KEY = ['resource_kind', 'resource_hash'];

/** How it stands with the hubs is noted apart, by its transfers. */
const RESOURCES: Table = {
  name: 'marking.resources',
  key: KEY,
  columns: [
    'present',
    'number',
    'created_at',
    'center_key',
    'center_name',
    'file_name',
    'exam_year',
    'age_band',
    'gender',
    'anonymization_state',
    'exportable',
    'pseudonyms',
    'examination_hash',
    'position',
  ] satisfies readonly (keyof ResourceColumns)[],
};
const STATES: Table = { name: 'marking.resource_states', key: KEY, columns: ['state'] };

/** A resource's stream ends in its hash. */
const HASH_LENGTH = 64;

/** Five statements a batch, however many events: lines and states as they were, snapshots, lines and states as they are. */
export async function applyResourceEvents(events: readonly RecordedEvent[], tx: EntityManager): Promise<void> {
  const streams = byStream(events);
  if (streams.size === 0) return;
  const [earlier, states] = [await earlierLines(events, tx), await earlierStates(events, tx)];
  const folded = [...streams].flatMap(([streamId, facts]) => {
    const state = fold(states.get(streamId), facts);
    return state.status === 'unknown' ? [] : [{ streamId, state, position: facts.at(-1)?.globalSeq ?? 0 }];
  });
  const cards = await snapshotCards(
    folded.map(({ state }) => state.facts.snapshot_digest),
    tx,
  );
  const lines = folded.map(({ streamId, state, position }) => {
    const card = cards.get(state.facts.snapshot_digest) ?? NO_CARD;
    return resourceColumns(state, card, earlier.get(streamId) ?? null, position);
  });
  await saveLines(tx, RESOURCES, lines);
  const kept = folded.map(({ state }) => ({
    resource_kind: state.facts.resource_kind,
    resource_hash: state.facts.resource_hash,
    state,
  }));
  await saveLines(tx, STATES, kept);
}

function fold(before: KnownResource | undefined, events: readonly RecordedEvent[]): Resource {
  let state: Resource = before ?? resourceDecider.initialState;
  for (const event of events) state = resourceDecider.evolve(state, toDomainEvent<ResourceEvent>(event));
  return state;
}

async function earlierLines(
  events: readonly RecordedEvent[],
  tx: EntityManager,
): Promise<ReadonlyMap<string, Earlier>> {
  const lines = await tx.query<(ResourceName & Earlier)[]>(
    `SELECT resource_kind, resource_hash, number::float8 AS number, ${isoColumn('created_at')}
     FROM marking.resources WHERE resource_hash = ANY ($1)`,
    [hashesOf(events)],
  );
  return new Map(lines.map((line) => [resourceStream(line.resource_kind, line.resource_hash), line]));
}

async function earlierStates(
  events: readonly RecordedEvent[],
  tx: EntityManager,
): Promise<ReadonlyMap<string, KnownResource>> {
  const lines = await tx.query<(ResourceName & { readonly state: KnownResource })[]>(
    'SELECT resource_kind, resource_hash, state FROM marking.resource_states WHERE resource_hash = ANY ($1)',
    [hashesOf(events)],
  );
  return new Map(lines.map((line) => [resourceStream(line.resource_kind, line.resource_hash), line.state]));
}

function hashesOf(events: readonly RecordedEvent[]): string[] {
  return [...new Set(events.map(({ streamId }) => streamId.slice(-HASH_LENGTH)))];
}

/** Read in the database, since the documents may be large and only some members are wanted. */
async function snapshotCards(
  digests: readonly string[],
  tx: EntityManager,
): Promise<ReadonlyMap<string, SnapshotCard>> {
  const rows = await tx.query<(SnapshotCard & { digest: string })[]>(
    `SELECT d.digest, s.* FROM log.documents d,
       LATERAL json_to_record(d.body::json) AS b(center_name text, file_name text, created_at text, privacy json),
       LATERAL (SELECT b.center_name, b.file_name, b.created_at, (b.privacy->>'exam_year')::integer AS exam_year,
         b.privacy->>'age_band' AS age_band, b.privacy->>'gender' AS gender) s
     WHERE d.digest = ANY($1)`,
    [digests],
  );
  return new Map(rows.map(({ digest, ...card }) => [digest, card]));
}

const NO_CARD: SnapshotCard = {
  center_name: null,
  file_name: null,
  created_at: null,
  exam_year: null,
  age_band: null,
  gender: null,
};
