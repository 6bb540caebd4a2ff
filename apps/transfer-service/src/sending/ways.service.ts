import type { CentralHubDocument } from '@hub-export/contracts';
import { activeHubs, type Circuit, circuitDecider, windowAt } from '@hub-export/transfer-life';
import type { Clock } from '../clock.js';
import type { Nodes } from '../node/nodes.service.js';
import type { Way } from '../overview/waiting-transfers.query.js';
import type { HubCircuits } from './hub-circuits.service.js';

/** How it stands with the way to one active hub, asked once for all transfers that wait for it. */
export interface StandingWay extends Way {
  readonly hub: CentralHubDocument;
  /** Every operational requirement is met. */
  readonly ready: boolean;
  readonly windowOpen: boolean;
  readonly circuit: Circuit;
}

/** Looks at the ways out of the house. */
export class Ways {
  constructor(
    private readonly nodes: Nodes,
    private readonly circuits: HubCircuits,
    private readonly settings: { readonly clock: Clock; readonly timeZone: string },
  ) {}

  /** The way to each active hub; none without exactly one active site node. */
  async all(): Promise<readonly StandingWay[]> {
    const [nodes, circuits] = await Promise.all([this.nodes.all(), this.circuits.all()]);
    const hubs = activeHubs(nodes.map(({ facts }) => facts));
    const ways = await Promise.all(
      hubs.map(async (facts): Promise<readonly StandingWay[]> => {
        const { ready, siteNode } = await this.nodes.readinessAmong(nodes, facts.node_key);
        const hub = await this.nodes.documentOf(facts);
        if (siteNode === null || hub.role !== 'central_hub') return [];
        const way = { target_node_key: facts.node_key, source_node_key: siteNode.node_key };
        const circuit = circuits.get(facts.node_key) ?? circuitDecider.initialState;
        return [{ ...way, hub, ready, windowOpen: this.isWindowOpen(hub), circuit }];
      }),
    );
    return ways.flat();
  }

  private isWindowOpen({ limits: { windows } }: CentralHubDocument): boolean {
    const { clock, timeZone } = this.settings;
    return windowAt({ windows, timeZone }, clock.now().toISOString()).open;
  }
}
