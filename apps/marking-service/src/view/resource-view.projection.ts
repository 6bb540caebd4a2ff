import { type RecordedEvent, type ResourceEvent, resourceStream } from '@hub-export/contracts';
import { toDomainEvent } from '@hub-export/event-store';
import { type Resource, resourceDecider } from '@hub-export/transfer-life';
import type { EntityManager } from 'typeorm';
import { beginsIn, byStream } from './by-stream.js';
import { isoColumn, type Line, saveLines, type Table } from './lines.table.js';
import {
  type Earlier,
  type KnownResource,
  type ResourceColumns,
  resourceColumnsAfter,
  type ResourceStep,
  type SnapshotCard,
} from './resource-row.js';
import { NO_STANDING, type ResourceName, type ResourceStanding, type Standing } from './standing.js';

/** A resource as the view holds it. */
type EarlierLine = ResourceName & Earlier & Standing & { readonly state: KnownResource };

const KEY = ['resource_hash', 'resource_kind'];

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
    'completed_for',
    'standing',
  ] satisfies readonly (keyof (ResourceColumns & Standing))[],
};
const STATES: Table = { name: 'marking.resource_states', key: KEY, columns: [], state: 'json' };

const EARLIER = `SELECT resource_kind, resource_hash, r.number::float8 AS number, ${isoColumn('created_at')},
    r.standing, r.completed_for, s.state
  FROM marking.resources r JOIN marking.resource_states s USING (resource_kind, resource_hash)
  WHERE resource_hash = ANY ($1)`;

/** A resource's stream ends in its hash. */
const HASH_LENGTH = 64;

/**
 * At most five statements a batch, however many events: lines as they were, snapshots, lines and states as they are, and
 * how resources stand of which only a transfer changed. A line is written once, with its standing.
 * @param standings where transfers changed, by the streams of their resources
 */
export async function applyResourceEvents(
  events: readonly RecordedEvent[],
  standings: ReadonlyMap<string, ResourceStanding>,
  tx: EntityManager,
): Promise<void> {
  const streams = byStream(events);
  const earlier = await earlierLines(streams, tx);
  const lives = [...streams].map(([streamId, facts]) => {
    const before = earlier.get(streamId) ?? null;
    return { streamId, before, steps: stepsOf(before?.state ?? resourceDecider.initialState, facts) };
  });
  const cards = await snapshotCards(
    lives.flatMap(({ steps }) => steps),
    tx,
  );
  await saveLines(tx, RESOURCES, resourceLines(lives, cards, standings));
  await saveLines(tx, STATES, stateLines(lives));
  await noteStandings(
    [...standings].flatMap(([streamId, one]) => (streams.has(streamId) ? [] : [one])),
    tx,
  );
}

/** What a batch tells of one resource. */
interface Life {
  readonly streamId: string;
  readonly before: EarlierLine | null;
  readonly steps: readonly ResourceStep[];
}

function* resourceLines(
  lives: readonly Life[],
  cards: ReadonlyMap<string, SnapshotCard>,
  standings: ReadonlyMap<string, ResourceStanding>,
): Generator<Line> {
  for (const { streamId, before, steps } of lives) {
    const line = resourceColumnsAfter(steps, cards, before);
    if (line === null) continue;
    const { standing, completed_for } = standings.get(streamId) ?? before ?? NO_STANDING;
    yield { columns: { ...line, standing, completed_for } };
  }
}

function* stateLines(lives: readonly Life[]): Generator<Line> {
  for (const { steps } of lives) {
    const state = steps.at(-1)?.state;
    if (state === undefined) continue;
    const { resource_kind, resource_hash } = state.facts;
    yield { columns: { resource_kind, resource_hash }, state };
  }
}

/** What the view holds of those that do not begin here. */
async function earlierLines(
  streams: ReadonlyMap<string, readonly RecordedEvent[]>,
  tx: EntityManager,
): Promise<ReadonlyMap<string, EarlierLine>> {
  const going = [...streams].filter(([, facts]) => !beginsIn(facts)).map(([streamId]) => hashOf(streamId));
  if (going.length === 0) return new Map();
  const lines = await tx.query<EarlierLine[]>(EARLIER, [going]);
  return new Map(lines.map((line) => [resourceStream(line.resource_kind, line.resource_hash), line]));
}

function stepsOf(before: Resource, facts: readonly RecordedEvent[]): readonly ResourceStep[] {
  const steps: ResourceStep[] = [];
  let state = before;
  for (const fact of facts) {
    state = resourceDecider.evolve(state, toDomainEvent<ResourceEvent>(fact));
    if (state.status !== 'unknown') steps.push({ state, position: fact.globalSeq });
  }
  return steps;
}

/** Read in the database, since the documents may be large and only some members are wanted. */
async function snapshotCards(
  steps: readonly ResourceStep[],
  tx: EntityManager,
): Promise<ReadonlyMap<string, SnapshotCard>> {
  if (steps.length === 0) return new Map();
  const rows = await tx.query<(SnapshotCard & { digest: string })[]>(
    `SELECT d.digest, s.* FROM log.documents d,
       LATERAL json_to_record(d.body::json) AS b(center_name text, file_name text, created_at text, privacy json),
       LATERAL (SELECT b.center_name, b.file_name, b.created_at, (b.privacy->>'exam_year')::integer AS exam_year,
         b.privacy->>'age_band' AS age_band, b.privacy->>'gender' AS gender) s
     WHERE d.digest = ANY($1)`,
    [[...new Set(steps.map(({ state }) => state.facts.snapshot_digest))]],
  );
  return new Map(rows.map(({ digest, ...card }) => [digest, card]));
}

/** Of resources that were not told of themselves: no more of their lines is written than that. */
async function noteStandings(standings: readonly ResourceStanding[], tx: EntityManager): Promise<void> {
  if (standings.length === 0) return;
  await tx.query(
    `UPDATE marking.resources r SET standing = s.standing, completed_for = s.completed_for
     FROM jsonb_to_recordset($1::jsonb) AS s(resource_kind text, resource_hash text, standing text, completed_for text[])
     WHERE r.resource_hash = s.resource_hash AND r.resource_kind = s.resource_kind AND r.standing <> s.standing`,
    [JSON.stringify(standings)],
  );
}

function hashOf(streamId: string): string {
  return streamId.slice(-HASH_LENGTH);
}
