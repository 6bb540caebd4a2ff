import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { Gauge } from 'prom-client';
import { databaseTrouble } from '../database/database-errors.js';
import type { Integrity } from '../integrity/integrity.js';
import type { IntegrityService } from '../integrity/integrity.service.js';

/** A record that is further behind the bus than this answers with what is no longer so. */
const LAG_MAX = 1_000;

/** A part does not work, by its code. */
class Down extends Error {
  override readonly name = 'Down';

  constructor(readonly code: string) {
    super(`A part is down: ${code}.`);
  }
}

interface Watched {
  readonly integrity: IntegrityService;
  readonly bus: Bus;
  readonly stats: () => ConsumerStats;
}

/** What is measured of the record: name, meaning, value. */
const OF_RECORD: readonly (readonly [string, string, (integrity: Integrity) => number])[] = [
  ['audit_position', 'The highest place in the log that the bus has shown.', ({ position }) => position],
  ['audit_view_position', 'The place up to which the views hold everything.', ({ contiguous_to }) => contiguous_to],
  ['audit_missing_entries', 'Places without an entry: the record is incomplete.', ({ missing_count }) => missing_count],
  ['audit_chain_findings', 'Places at which the chain is broken.', ({ finding_count }) => finding_count],
  [
    'audit_entries_not_understood',
    'Entries of types or data that this version does not understand.',
    ({ entries_not_understood }) => entries_not_understood,
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
    private readonly edge: HttpEdge,
    private readonly parts: Watched,
  ) {
    edge.health.register({ name: 'database', check: () => this.database() });
    edge.health.register({ name: 'bus', check: async () => this.bus() });
    edge.health.register({ name: 'ingest', check: async () => this.ingest() });
    for (const [name, help, value] of OF_RECORD) {
      this.gauge(name, help, async () => value(await parts.integrity.integrity()));
    }
    for (const [name, help, value] of OF_INGEST) this.gauge(name, help, async () => value(parts.stats()));
  }

  private async database(): Promise<void> {
    try {
      await this.parts.integrity.integrity();
    } catch (error) {
      throw new Down(databaseTrouble(error) === 'schema_missing' ? 'schema_missing' : 'database_down');
    }
  }

  private bus(): void {
    if (!this.parts.bus.status().up) throw new Down('bus_down');
  }

  private ingest(): void {
    const { trouble, lag } = this.parts.stats();
    if (trouble !== null) throw new Down(trouble);
    if (lag !== null && lag > LAG_MAX) throw new Down('ingest_behind');
  }

  /** Asked when it is scraped; what cannot be told now is left out. */
  private gauge(name: string, help: string, read: () => Promise<number | null>): void {
    new Gauge({
      name,
      help,
      registers: [this.edge.metrics.registry],
      async collect() {
        const value = await read().catch(() => null);
        if (value === null) this.reset();
        else this.set(value);
      },
    });
  }
}
