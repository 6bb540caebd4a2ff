import type { NodeFacts } from '@hub-export/contracts';
import type { Circuit } from '@hub-export/transfer-life';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AskedTogether } from '../asked-together.js';

/** A node as it is configured, with everything that belongs to it. */
export interface KnownNode {
  readonly facts: NodeFacts;
  /** Version of its stream. */
  readonly version: number;
  readonly since: string;
}

interface NetworkRow {
  readonly nodes: readonly KnownNode[];
  readonly circuits: readonly { readonly node_key: string; readonly state: Circuit }[];
}

/**
 * Nodes and circuits as the view has them now. Most who need the one need the other too, and a site has few of both, so
 * one statement reads all, for all who ask at the same time.
 */
@Injectable()
export class NetworkView {
  private readonly network = new AskedTogether(() => this.read());

  constructor(private readonly dataSource: DataSource) {}

  async nodes(): Promise<readonly KnownNode[]> {
    return (await this.network.answer()).nodes;
  }

  async circuits(): Promise<ReadonlyMap<string, Circuit>> {
    const { circuits } = await this.network.answer();
    return new Map(circuits.map(({ node_key, state }) => [node_key, state]));
  }

  private async read(): Promise<NetworkRow> {
    const [row] = await this.dataSource.query<readonly NetworkRow[]>(
      `SELECT
         (SELECT coalesce(json_agg(json_build_object('facts', facts, 'version', version, 'since', since)
            ORDER BY node_key), '[]') FROM transfer.nodes) AS nodes,
         (SELECT coalesce(json_agg(circuit), '[]') FROM transfer.circuits AS circuit) AS circuits`,
    );
    const { nodes, circuits } = row ?? { nodes: [], circuits: [] };
    return { nodes: nodes.map((node) => ({ ...node, since: new Date(node.since).toISOString() })), circuits };
  }
}
