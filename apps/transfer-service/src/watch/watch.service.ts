import type { ProjectionRunner, Relay } from '@hub-export/event-store';
import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { databaseTrouble, type ServiceDatabase, type ViewPosition } from '@hub-export/service-runtime';
import { Gauge } from 'prom-client';
import type { EgressSwitch } from '../egress/egress.service.js';
import type { TransferLists } from '../overview/transfer-list.query.js';
import type { Sender } from '../sending/sender.worker.js';

/** A view that is further behind than this answers with what is no longer so. */
const LAG_MAX = 1_000;

/** A part does not work, by its code. */
class Down extends Error {
  override readonly name = 'Down';

  constructor(readonly code: string) {
    super(`A part is down: ${code}.`);
  }
}

export interface Watched {
  readonly database: ServiceDatabase;
  readonly view: ViewPosition;
  readonly runner: ProjectionRunner;
  readonly relay: Relay;
  readonly bus: Bus;
  readonly lists: TransferLists;
  readonly sender: Sender;
  readonly egress: EgressSwitch;
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
    this.gauge('transfer_view_position', 'The place in the log up to which the view holds everything.', () =>
      parts.view.position(),
    );
    this.gauge('transfer_view_lag', 'Events in the log that the view does not hold yet.', () => parts.view.lag());
    this.gauge('transfer_relay_lag', 'Events the bus does not hold yet; absent while another relay works.', () =>
      parts.relay.lag(),
    );
    this.gauge('transfer_attempts_underway', 'Attempts that run in this process.', async () => parts.sender.underway);
    this.gauge('transfer_egress_open', '1 while anything may leave the house, else 0.', async () =>
      (await parts.egress.state()).open ? 1 : 0,
    );
    this.countByStatus();
  }

  /** What the consumer of the bus has done since the start. */
  watchConsumer(stats: () => ConsumerStats): void {
    this.gauge('transfer_events_handled', 'Events of the bus handled since the start.', async () => stats().handled);
    this.gauge('transfer_events_parked', 'Events of the bus put aside since the start.', async () => stats().parked);
    this.gauge('transfer_events_lag', 'Events that wait on the bus.', async () => stats().lag);
  }

  private async database(): Promise<void> {
    try {
      await this.parts.database.rows('SELECT 1 FROM transfer.nodes LIMIT 1');
    } catch (error) {
      throw new Down(databaseTrouble(error) === 'schema_missing' ? 'schema_missing' : 'database_down');
    }
  }

  private bus(): void {
    if (!this.parts.bus.status().up) throw new Down('bus_down');
  }

  private async projection(): Promise<void> {
    const lag = await this.parts.view.lag().catch(() => {
      throw new Down('projection_unknown');
    });
    if (lag > LAG_MAX) throw new Down('projection_behind');
  }

  private countByStatus(): void {
    const { lists } = this.parts;
    new Gauge({
      name: 'transfer_transfers',
      help: 'Transfers by state.',
      labelNames: ['state'],
      registers: [this.edge.metrics.registry],
      async collect() {
        const counts = await lists.countByStatus().catch(() => ({}));
        this.reset();
        for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
      },
    });
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
