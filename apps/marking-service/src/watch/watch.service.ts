import type { Relay } from '@hub-export/event-store';
import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { type ServiceDatabase, ServiceWatch, type ViewPosition } from '@hub-export/service-runtime';

interface Watched {
  readonly database: ServiceDatabase;
  readonly views: ViewPosition;
  readonly relay: Relay;
  readonly bus: Bus;
}

/** Tells the supervisor and the scraper how the service is. */
export class Watch {
  private readonly watch: ServiceWatch;

  constructor(edge: HttpEdge, { database, views, relay, bus }: Watched) {
    this.watch = new ServiceWatch(edge);
    this.watch.database(() => database.rows('SELECT 1 FROM marking.nodes LIMIT 1'));
    this.watch.bus(bus);
    this.watch.projection(() => views.lag());
    this.watch.measure(
      ['marking_view_position', 'The place in the log up to which the views hold everything.', () => views.position()],
      ['marking_view_lag', 'Events in the log that the views do not hold yet.', () => views.lag()],
      ['marking_relay_lag', 'Events the bus does not hold yet; absent while another relay works.', () => relay.lag()],
    );
  }

  /** What the consumer of site messages has done since the start. */
  watchSite(stats: () => ConsumerStats): void {
    this.watch.consumer('marking_site', stats);
  }
}
