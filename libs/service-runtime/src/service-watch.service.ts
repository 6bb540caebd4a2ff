import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { Gauge } from 'prom-client';
import { databaseTrouble } from './database-trouble.js';

/** A part does not work, by its code. */
export class Down extends Error {
  override readonly name = 'Down';

  constructor(readonly code: string) {
    super(`A part is down: ${code}.`);
  }
}

/** A view or a consumer that is further behind than this answers with what is no longer so. */
export const LAG_MAX = 1_000;

/** What is measured: its name, its meaning, and how it is read; null where it cannot be told now. */
export type Measure = readonly [name: string, help: string, read: () => Promise<number | null> | number | null];

/** Tells the supervisor and the scraper how a service is. */
export class ServiceWatch {
  constructor(private readonly edge: HttpEdge) {}

  /** @param ask a question that needs the service's schema. */
  database(ask: () => Promise<unknown>): void {
    this.part('database', async () => {
      try {
        await ask();
      } catch (error) {
        throw new Down(databaseTrouble(error) === 'schema_missing' ? 'schema_missing' : 'database_down');
      }
    });
  }

  bus(bus: Bus): void {
    this.part('bus', () => {
      if (!bus.status().up) throw new Down('bus_down');
    });
  }

  /** @param lag events of the log that the views do not hold yet. */
  projection(lag: () => Promise<number>): void {
    this.part('projection', async () => {
      const behind = await lag().catch(() => {
        throw new Down('projection_unknown');
      });
      if (behind > LAG_MAX) throw new Down('projection_behind');
    });
  }

  /** @param check throws `Down` where the part does not work. */
  part(name: string, check: () => Promise<void> | void): void {
    this.edge.health.register({ name, check: async () => check() });
  }

  /** What a consumer of the bus has done since the start. */
  consumer(prefix: string, stats: () => ConsumerStats): void {
    this.measure(
      [`${prefix}_handled`, 'Messages handled since the start.', () => stats().handled],
      [`${prefix}_parked`, 'Messages put aside since the start.', () => stats().parked],
      [`${prefix}_lag`, 'Messages that wait on the bus, as last looked.', () => stats().lag],
    );
  }

  /** Asked when it is scraped; what cannot be told now is left out. */
  measure(...measures: readonly Measure[]): void {
    for (const [name, help, read] of measures) {
      new Gauge({
        name,
        help,
        registers: [this.edge.metrics.registry],
        async collect() {
          const value = await Promise.resolve()
            .then(read)
            .catch(() => null);
          if (value === null) this.reset();
          else this.set(value);
        },
      });
    }
  }
}
