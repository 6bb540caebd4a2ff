import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import {
  type Finding,
  type Integrity,
  INTEGRITY_LISTED_MAX,
  type IntegrityFacts,
  integrityOf,
  type Range,
} from './integrity.js';

/** How long a reader waits for the record to reach a position. */
export const POSITION_WAIT_MS = 5_000;
const LOOK_EVERY_MS = 50;

interface Places {
  readonly contiguous_to: number;
  readonly seen_to: number;
}

/** How far the record is, and whether it is whole. Any process may answer, whichever writes the record. */
export class IntegrityService {
  private looking: Promise<Places> | undefined;

  constructor(private readonly database: ServiceDatabase) {}

  /** Everything is told of one moment of the record. */
  integrity(): Promise<Integrity> {
    return this.database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const [facts] = await tx.query<FactsRow[]>(FACTS);
      if (facts === undefined) throw new Error('The record has lost its progress.');
      const gaps = await tx.query<Range[]>(GAPS, [INTEGRITY_LISTED_MAX]);
      const findings = await tx.query<Finding[]>(FINDINGS, [INTEGRITY_LISTED_MAX]);
      const [lastCheckpoint = null] = await tx.query<NonNullable<IntegrityFacts['lastCheckpoint']>[]>(LAST_CHECKPOINT);
      const [recheck = NO_RECHECK] = await tx.query<IntegrityFacts['recheck'][]>(RECHECK);
      return integrityOf({ ...facts, gaps, findings, lastCheckpoint, recheck });
    });
  }

  /**
   * Waits until the views hold everything up to a position; at once where none is given.
   * @throws {Problem} 503 `position_not_reached`
   */
  requireViews(atLeast: number | undefined): Promise<void> {
    return this.require(atLeast, ({ contiguous_to }) => contiguous_to);
  }

  /** As `requireViews`, but missing entries below the position do not matter: to be told of them is what is asked. */
  requireSeen(atLeast: number | undefined): Promise<void> {
    return this.require(atLeast, ({ seen_to }) => seen_to);
  }

  private async require(atLeast: number | undefined, place: (places: Places) => number): Promise<void> {
    if (atLeast === undefined) return;
    const deadline = Date.now() + POSITION_WAIT_MS;
    while (place(await this.look()) < atLeast) {
      if (Date.now() >= deadline) {
        throw new Problem(503, 'position_not_reached', 'The record has not reached this position yet.', {
          retryAfterSeconds: 1,
        });
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  /** However many wait, one of them asks the database and all take the answer. */
  private look(): Promise<Places> {
    this.looking ??= this.places().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async places(): Promise<Places> {
    const rows = await this.database.rows<Places>(PLACES);
    return rows[0] ?? { contiguous_to: 0, seen_to: 0 };
  }
}

interface FactsRow {
  readonly contiguousTo: number;
  readonly seenTo: number;
  readonly entries: number;
  readonly notFolded: number;
  readonly findingCount: number;
}

const PLACES = 'SELECT contiguous_to::float8 AS contiguous_to, seen_to::float8 AS seen_to FROM audit.progress';

// Below the first gap every entry is there, so only those behind it need to be counted.
const FACTS = `
SELECT p.contiguous_to::float8 AS "contiguousTo", p.seen_to::float8 AS "seenTo",
  (p.contiguous_to + (SELECT count(*) FROM audit.entries e WHERE e.global_seq > p.contiguous_to))::float8 AS entries,
  (SELECT count(*) FROM audit.actions WHERE NOT folded)::float8 AS "notFolded",
  (SELECT count(*) FROM audit.findings)::float8 AS "findingCount"
FROM audit.progress p`;

const GAPS = `
SELECT (before + 1)::float8 AS "from", (place - 1)::float8 AS "to"
FROM (
  SELECT place, lag(place, 1, (SELECT contiguous_to FROM audit.progress)) OVER (ORDER BY place) AS before
  FROM (
    SELECT global_seq AS place FROM audit.entries WHERE global_seq > (SELECT contiguous_to FROM audit.progress)
    UNION ALL SELECT seen_to + 1 FROM audit.progress
  ) places
) edges
WHERE place > before + 1 ORDER BY place LIMIT $1`;

const FINDINGS = `
SELECT global_seq::float8 AS global_seq, code,
  to_char(found_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS found_at
FROM audit.findings ORDER BY global_seq, code LIMIT $1`;

const LAST_CHECKPOINT = `
SELECT size::float8 AS size, to_char(anchored_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "anchoredAt",
  floor(greatest(0, extract(epoch FROM clock_timestamp() - anchored_at)))::float8 AS "ageSeconds"
FROM audit.checkpoints ORDER BY size DESC LIMIT 1`;

const NO_RECHECK: IntegrityFacts['recheck'] = { position: 0, finishedTo: 0, finishedAt: null };
const RECHECK = `
SELECT position::float8 AS position, finished_to::float8 AS "finishedTo",
  to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "finishedAt" FROM audit.recheck`;
