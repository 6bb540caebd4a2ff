import type { Relay } from '@hub-export/event-store';
import type { HttpEdge } from '@hub-export/http-edge';
import type { Bus, ConsumerStats } from '@hub-export/jetstream';
import { type ServiceDatabase, ServiceWatch, type ViewPosition } from '@hub-export/service-runtime';
import type { Circuit } from '@hub-export/transfer-life';
import { Gauge } from 'prom-client';
import type { EgressSwitch } from '../egress/egress.service.js';
import type { TransferLists } from '../overview/transfer-list.query.js';
import type { Nodes } from '../node/nodes.service.js';
import type { HubCircuits } from '../sending/hub-circuits.service.js';
import type { Sender } from '../sending/sender.worker.js';

export interface Watched {
  readonly database: ServiceDatabase;
  readonly view: ViewPosition;
  readonly relay: Relay;
  readonly bus: Bus;
  readonly lists: TransferLists;
  readonly sender: Sender;
  readonly egress: EgressSwitch;
  readonly circuits: HubCircuits;
  readonly nodes: Nodes;
}

/** Tells the supervisor and the scraper how the service is. */
export class Watch {
  private readonly watch: ServiceWatch;

  constructor(
    private readonly edge: HttpEdge,
    { database, view, relay, bus, lists, sender, egress, circuits, nodes }: Watched,
  ) {
    this.watch = new ServiceWatch(edge);
    this.watch.database(() => database.rows('SELECT 1 FROM transfer.nodes LIMIT 1'));
    this.watch.bus(bus);
    this.watch.projection(() => view.lag());
    this.watch.measure(
      ['transfer_view_position', 'The place in the log up to which the view holds everything.', () => view.position()],
      ['transfer_view_lag', 'Events in the log that the view does not hold yet.', () => view.lag()],
      ['transfer_relay_lag', 'Events the bus does not hold yet; absent while another relay works.', () => relay.lag()],
      ['transfer_attempts_underway', 'Attempts that run in this process.', () => sender.underway],
      [
        'transfer_egress_open',
        '1 while anything may leave the house, else 0.',
        async () => Number((await egress.state()).open),
      ],
    );
    this.countByState(lists);
    this.circuitByHub(circuits);
    this.certificateByHub(nodes);
  }

  /** What the consumer of the bus has done since the start. */
  watchConsumer(stats: () => ConsumerStats): void {
    this.watch.consumer('transfer_events', stats);
  }

  private certificateByHub(nodes: Nodes): void {
    new Gauge({
      name: 'transfer_certificate_days_left',
      help: 'Whole days until the client certificate for this hub ends; below 0 where it has.',
      labelNames: ['node_key'],
      registers: [this.edge.metrics.registry],
      async collect() {
        const known = await nodes.all().catch(() => []);
        this.reset();
        for (const { facts } of known) {
          const days = await nodes.materialOf(facts).then(
            (material) => nodes.daysLeft(material),
            () => null,
          );
          if (days !== null) this.set({ node_key: facts.node_key }, days);
        }
      },
    });
  }

  private circuitByHub(circuits: HubCircuits): void {
    new Gauge({
      name: 'transfer_hub_circuit_open',
      help: '1 while no transfer begins with this hub because of trouble that each would meet, else 0.',
      labelNames: ['node_key'],
      registers: [this.edge.metrics.registry],
      async collect() {
        const known = await circuits.all().catch(() => new Map<string, Circuit>());
        this.reset();
        for (const [node_key, { status }] of known) this.set({ node_key }, Number(status === 'open'));
      },
    });
  }

  private countByState(lists: TransferLists): void {
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
}
