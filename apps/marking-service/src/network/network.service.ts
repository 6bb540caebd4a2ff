import { type NodeEvent, nodeStream, type NodeFacts } from '@hub-export/contracts';
import { type EventStore, load } from '@hub-export/event-store';
import { type NetworkNode, type NodeCommand, nodeDecider } from '@hub-export/transfer-life';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { Network } from './network.js';

/** A site has one site node and a few hubs; more than this is a fault and not looked at. */
const NODES_MAX = 200;

/** Where the recorded nodes are read. */
export class NetworkService {
  constructor(
    private readonly store: EventStore,
    private readonly database: ServiceDatabase,
  ) {}

  /** As the view has them: for pages. */
  async viewed(): Promise<readonly NodeFacts[]> {
    const rows = await this.database.rows<{ state: NetworkNode }>(
      'SELECT state FROM marking.nodes ORDER BY node_key LIMIT $1',
      [NODES_MAX],
    );
    return rows.flatMap(({ state }) => (state.status === 'recorded' ? [state.facts] : []));
  }

  /** As the log has them, with versions to rely on: for decisions. Which nodes there are is taken from the view. */
  async recorded(): Promise<Network> {
    const rows = await this.database.rows<{ node_key: string }>(
      'SELECT node_key FROM marking.nodes ORDER BY node_key LIMIT $1',
      [NODES_MAX],
    );
    const loaded = await Promise.all(
      rows.map(({ node_key }) =>
        load<NetworkNode, NodeCommand, NodeEvent>(this.store, nodeDecider, nodeStream(node_key)),
      ),
    );
    const nodes = loaded.flatMap(({ state }) => (state.status === 'recorded' ? [state.facts] : []));
    return { nodes, versions: new Map(rows.map(({ node_key }, place) => [node_key, loaded[place]?.version ?? 0])) };
  }
}
