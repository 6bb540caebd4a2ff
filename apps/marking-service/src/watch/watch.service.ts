import type { Relay } from '@hub-export/event-store';
import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { Gauge } from 'prom-client';
import { databaseTrouble } from '../database/database-errors.js';
import type { Database } from '../database/database.service.js';
import type { ViewPosition } from '../view/view.service.js';

/** A view that is further behind than this answers with what is no longer so. */
const LAG_MAX = 1_000;

/** A part does not work, by its code. */
class Down extends Error {
  override readonly name = 'Down';

  constructor(readonly code: string) {
    super(`A part is down: ${code}.`);
  }
}

interface Watched {
  readonly database: Database;
  readonly views: ViewPosition;
  readonly relay: Relay;
  readonly bus: Bus;
}

/** Tells the supervisor and the scraper how the service is. */
export class Watch {
  constructor(
    private readonly edge: HttpEdge,
    private readonly parts: Watched,
  ) {
    const { health } = edge;
    health.register({ name: 'database', check: () => this.database() });
    health.register({ name: 'bus', check: async () => this.bus() });
    health.register({ name: 'projection', check: () => this.projection() });
    this.gauge('marking_view_position', 'The place in the log up to which the views hold everything.', () =>
      parts.views.position(),
    );
    this.gauge('marking_view_lag', 'Events in the log that the views do not hold yet.', () => parts.views.lag());
    this.gauge('marking_relay_lag', 'Events the bus does not hold yet; absent while another relay works.', () =>
      parts.relay.lag(),
    );
  }

  /** What the consumer of site messages has done since the start. */
  watchSite(stats: () => ConsumerStats): void {
    this.gauge('marking_site_parked', 'Site messages put aside since the start.', async () => stats().parked);
    this.gauge('marking_site_handled', 'Site messages handled since the start.', async () => stats().handled);
    this.gauge('marking_site_lag', 'Site messages that wait on the bus.', async () => stats().lag);
  }

  private async database(): Promise<void> {
    try {
      await this.parts.database.rows('SELECT 1 FROM marking.nodes LIMIT 1');
    } catch (error) {
      throw new Down(databaseTrouble(error) === 'schema_missing' ? 'schema_missing' : 'database_down');
    }
  }

  private bus(): void {
    if (!this.parts.bus.status().up) throw new Down('bus_down');
  }

  private async projection(): Promise<void> {
    const lag = await this.parts.views.lag().catch(() => {
      throw new Down('projection_unknown');
    });
    if (lag > LAG_MAX) throw new Down('projection_behind');
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
