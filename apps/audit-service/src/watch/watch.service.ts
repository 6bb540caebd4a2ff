import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { Down, LAG_MAX, ServiceWatch } from '@hub-export/service-runtime';
import type { CheckpointState, CheckpointWorker } from '../checkpoint/checkpoint.worker.js';
import type { Integrity } from '../integrity/integrity.js';
import type { IntegrityService } from '../integrity/integrity.service.js';

interface Watched {
  readonly integrity: IntegrityService;
  readonly bus: Bus;
  readonly stats: () => ConsumerStats;
  /** Null where this process makes none. */
  readonly checkpoints: Pick<CheckpointWorker, 'state'> | null;
}

/** What is measured of the record: name, meaning, value. */
const OF_RECORD: readonly (readonly [string, string, (integrity: Integrity) => number | null])[] = [
  ['audit_position', 'The highest place in the log that the bus has shown.', ({ position }) => position],
  ['audit_view_position', 'The place up to which the views hold everything.', ({ contiguous_to }) => contiguous_to],
  ['audit_missing_entries', 'Places without an entry: the record is incomplete.', ({ missing_count }) => missing_count],
  ['audit_chain_findings', 'Places at which the chain is broken.', ({ finding_count }) => finding_count],
  [
    'audit_entries_not_understood',
    'Entries of types or data that this version does not understand.',
    ({ entries_not_understood }) => entries_not_understood,
  ],
  ['audit_unanchored_entries', 'Entries that no checkpoint vouches for yet.', ({ unanchored }) => unanchored],
  [
    'audit_checkpoint_age_seconds',
    'Since the last checkpoint, in seconds.',
    ({ last_checkpoint }) => last_checkpoint?.age_seconds ?? null,
  ],
  ['audit_recheck_position', 'How far the record was read again in this round.', ({ recheck }) => recheck.position],
];

/** What is measured where checkpoints are made. */
const OF_CHECKPOINTS: readonly (readonly [string, string, (state: CheckpointState) => number])[] = [
  [
    'audit_checkpoints_hindered',
    '1 where no checkpoint can be made: a sink is away, or the record contradicts one.',
    ({ trouble }) => (trouble === null ? 0 : 1),
  ],
  [
    'audit_anchored_beyond',
    'Entries that a sink vouches for and the record does not hold; above 0 only while it is rebuilt.',
    ({ anchoredBeyond }) => anchoredBeyond,
  ],
];

/** What is measured of this process. */
const OF_INGEST: readonly (readonly [string, string, (stats: ConsumerStats) => number | null])[] = [
  ['audit_ingested', 'Events taken in by this process since its start.', ({ handled }) => handled],
  ['audit_parked', 'Messages put aside by this process since its start.', ({ parked }) => parked],
  ['audit_ingest_lag', 'Events that wait on the bus, as last looked.', ({ lag }) => lag],
];

/**
 * Tells the supervisor and the scraper how the service is. Gaps and findings are for people and change nothing about
 * readiness: the service that knows of them is the one that has to answer.
 */
export class Watch {
  constructor(
    edge: HttpEdge,
    private readonly parts: Watched,
  ) {
    const { integrity, bus, stats } = parts;
    const watch = new ServiceWatch(edge);
    watch.database(() => integrity.integrity());
    watch.bus(bus);
    watch.part('ingest', () => this.ingest());
    for (const [name, help, value] of OF_RECORD) {
      watch.measure([name, help, async (): Promise<number | null> => value(await integrity.integrity())]);
    }
    const { checkpoints } = parts;
    for (const [name, help, value] of checkpoints === null ? [] : OF_CHECKPOINTS) {
      watch.measure([name, help, () => value(checkpoints?.state() ?? { trouble: null, anchoredBeyond: 0 })]);
    }
    for (const [name, help, value] of OF_INGEST) watch.measure([name, help, () => value(stats())]);
  }

  private ingest(): void {
    const { trouble, lag } = this.parts.stats();
    if (trouble !== null) throw new Down(trouble);
    if (lag !== null && lag > LAG_MAX) throw new Down('ingest_behind');
  }
}
