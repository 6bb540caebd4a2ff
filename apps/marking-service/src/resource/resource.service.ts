import {
  documentDigest,
  type JsonValue,
  type ResourceEvent,
  resourceFacts,
  type ResourceKind,
  type ResourceSnapshot,
  resourceStream,
} from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { type DocumentStore, type EventStore, handle, load } from '@hub-export/event-store';
import { commandKey } from '@hub-export/http-edge';
import { type Resource, type ResourceCommand, resourceDecider } from '@hub-export/transfer-life';
import type { Clock } from '../edge/clock.js';
import { isRefusal } from '@hub-export/event-sourcing';
import type { Order } from '../edge/order.js';
import { requireSiteNode } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import type { Refusals } from '../refusal/refusal.service.js';
import type { ViewPosition } from '@hub-export/service-runtime';

/** A resource by its content. */
export interface ResourceName {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
}

/** What a report or a withdrawal came to. `version` counts the resource's facts. */
export interface Told {
  readonly changed: boolean;
  readonly position: number;
  readonly resource: Exclude<Resource, { status: 'unknown' }>;
}

/** Takes in what the site tells of its resources, from HTTP and from the bus alike. */
export class ResourceService {
  constructor(
    private readonly store: EventStore,
    private readonly documents: DocumentStore,
    private readonly network: NetworkService,
    private readonly views: ViewPosition,
    private readonly refusals: Refusals,
    private readonly clock: Clock,
  ) {}

  /**
   * Records a snapshot; a newer `source_version` than seen is recorded, the same one told again changes nothing.
   * @param nodeKey the node that speaks, where the message names it: only the active site node's resources are taken.
   * @throws {Refusal} `no_active_site_node`, `stale_source_version`, `source_version_reused`
   */
  async report(name: ResourceName, snapshot: ResourceSnapshot, order: Order, nodeKey?: string): Promise<Told> {
    const source_node_key = await this.requireSpeaker(nodeKey);
    const facts = resourceFacts(snapshot, { ...name, source_node_key });
    const command: ResourceCommand = { type: 'ReportResource', facts, at: this.clock(), by: order.by };
    const told = JSON.stringify([facts.source_version, facts.snapshot_digest, source_node_key]);
    return this.tell('report', name, command, told, order, async () => {
      // Before the event that names it: a digest without its document would promise what nobody can show.
      await this.documents.put(snapshot as unknown as JsonValue);
    });
  }

  /**
   * The site takes the resource back.
   * @throws {Refusal} `unknown_resource`, `stale_source_version`
   */
  async withdraw(name: ResourceName, sourceVersion: number, order: Order): Promise<Told> {
    const command: ResourceCommand = {
      type: 'WithdrawResource',
      source_version: sourceVersion,
      at: this.clock(),
      by: order.by,
    };
    return this.tell('withdraw', name, command, JSON.stringify([sourceVersion]), order, async () => undefined);
  }

  private async tell(
    what: 'report' | 'withdraw',
    name: ResourceName,
    command: ResourceCommand,
    told: string,
    order: Order,
    beforehand: () => Promise<void>,
  ): Promise<Told> {
    const streamId = resourceStream(name.resource_kind, name.resource_hash);
    // The site's own version makes a snapshot what it is; whoever brings it again brings the same command.
    const key = commandKey({ route: `${what} resource`, subject: streamId, key: told });
    try {
      // Sites tell everything again every hour, so what is known already leaves no trace at all.
      const { state } = await load<Resource, ResourceCommand, ResourceEvent>(this.store, resourceDecider, streamId);
      if (resourceDecider.decide(command, state).length === 0) {
        return { changed: false, position: await this.store.position(), resource: known(state) };
      }
      await beforehand();
      const handled = await handle<Resource, ResourceCommand, ResourceEvent>(
        this.store,
        resourceDecider,
        streamId,
        command,
        {
          key,
          digest: documentDigest({ what, told }),
          correlationId: order.correlationId,
          causationId: order.causationId,
        },
      );
      return { changed: handled.outcome === 'appended', position: handled.position, resource: known(handled.state) };
    } catch (error) {
      if (isRefusal(error)) {
        await this.refusals.record(
          { command: what, code: error.code, ...name, target_node_key: null, transfer_id: null },
          key,
          order,
        );
      }
      throw error;
    }
  }

  /**
   * The key of the active site node; a site speaks for itself alone.
   * @throws {Refusal} `no_active_site_node`
   */
  async requireSpeaker(nodeKey: string | undefined): Promise<string> {
    let network = await this.network.recorded();
    if (network.nodes.every(({ role, is_active }) => role !== 'site_node' || !is_active)) {
      await this.views.catchUp();
      network = await this.network.recorded();
    }
    const siteNode = requireSiteNode(network);
    if (nodeKey !== undefined && nodeKey !== siteNode.node_key) {
      throw new Refusal('no_active_site_node', 'The node that speaks is not the active site node.');
    }
    return siteNode.node_key;
  }
}

function known(state: Resource): Exclude<Resource, { status: 'unknown' }> {
  if (state.status === 'unknown') throw new Error('A resource that was just told is unknown.');
  return state;
}
