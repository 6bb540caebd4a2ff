import {
  type Actor,
  documentDigest,
  type JsonValue,
  type NodeDocument,
  nodeFacts,
  nodeStream,
  parseNodeDocument,
  type NodeFacts,
} from '@hub-export/contracts';
import { DOCUMENT_STORE, type DocumentStore, EVENT_STORE, type EventStore, handle } from '@hub-export/event-store';
import { Problem } from '@hub-export/http-edge';
import { nodeDecider, type Readiness, readinessOf } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../clock.js';
import type { CommandContext } from '../transfer/command-context.js';
import { type Material, NodeMaterials } from './node-material.service.js';
import { type KnownNode, NetworkView } from './network-view.query.js';

const DAY_MS = 86_400_000;
/** Documents of nodes that are kept read; a site has a few nodes, and each has one document at a time. */
const DOCUMENTS_KEPT_MAX = 200;

/** The nodes this sender knows: what is recorded of them, and how their material stands. */
@Injectable()
export class Nodes {
  /** By digest, which stands for the content, so that none of them ever changes. */
  private readonly read = new Map<string, NodeDocument>();

  constructor(
    @Inject(EVENT_STORE) private readonly events: EventStore,
    @Inject(DOCUMENT_STORE) private readonly documents: DocumentStore,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly network: NetworkView,
    private readonly materials: NodeMaterials,
  ) {}

  /** @throws {ContractFault} with everything that is wrong with the document. */
  async record(nodeKey: string, body: unknown, by: Actor, context: CommandContext): Promise<number> {
    const document = parseNodeDocument(body);
    this.materials.requireAllowed(document);
    const stored = JSON.parse(JSON.stringify(document)) as JsonValue;
    await this.documents.put(stored);
    const facts = nodeFacts(nodeKey, document);
    const command = { type: 'RecordNode', facts, at: this.clock.now().toISOString(), by } as const;
    const digest = documentDigest(stored);
    const { position } = await handle(this.events, nodeDecider, nodeStream(nodeKey), command, { ...context, digest });
    return position;
  }

  /** As the view has them now. */
  all(): Promise<readonly KnownNode[]> {
    return this.network.nodes();
  }

  /** @throws {Problem} 404 `unknown_node` */
  async one(nodeKey: string): Promise<KnownNode> {
    const known = (await this.all()).find(({ facts }) => facts.node_key === nodeKey);
    if (known === undefined) throw new Problem(404, 'unknown_node', 'No node is recorded under this key.');
    return known;
  }

  /** The whole document of a node, references to secrets included. */
  async documentOf({ document_digest }: NodeFacts): Promise<NodeDocument> {
    const known = this.read.get(document_digest);
    if (known !== undefined) return known;
    const stored = await this.documents.get(document_digest);
    if (stored === null) throw new Error('A recorded node has no document.');
    const document = parseNodeDocument(stored);
    if (this.read.size >= DOCUMENTS_KEPT_MAX) this.read.clear();
    this.read.set(document_digest, document);
    return document;
  }

  async materialOf(facts: NodeFacts): Promise<Material> {
    return this.materials.inspect(facts.node_key, await this.documentOf(facts));
  }

  /** In how many whole days the client certificate ends, below 0 where it has; `null` where there is none. */
  daysLeft({ certificateEndsAt }: Material): number | null {
    if (certificateEndsAt === null) return null;
    return Math.floor((Date.parse(certificateEndsAt) - this.clock.now().getTime()) / DAY_MS);
  }

  /** The operational requirements for one target, as they stand now. */
  async readiness(targetNodeKey: string, sourceNodeKey?: string): Promise<Readiness> {
    return this.readinessAmong(await this.all(), targetNodeKey, sourceNodeKey);
  }

  /** The same among nodes that were just read. */
  async readinessAmong(nodes: readonly KnownNode[], targetNodeKey: string, sourceNodeKey?: string): Promise<Readiness> {
    const relevant = nodes.filter(
      ({ facts }) => facts.is_active && (facts.role === 'site_node' || facts.node_key === targetNodeKey),
    );
    const looked = await Promise.all(
      relevant.map(async ({ facts }) => [facts.node_key, await this.materialOf(facts)] as const),
    );
    const materials = new Map(looked.map(([key, { faults }]) => [key, faults]));
    const certificateDaysLeft = new Map(
      looked.flatMap(([key, material]) => {
        const days = this.daysLeft(material);
        return days === null ? [] : [[key, days] as const];
      }),
    );
    const facts = { nodes: nodes.map((node) => node.facts), materials, certificateDaysLeft };
    return readinessOf(facts, targetNodeKey, sourceNodeKey);
  }
}
