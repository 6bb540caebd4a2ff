import {
  documentDigest,
  type LocalCleanupPolicy,
  type ResourceEvent,
  type ResourceKind,
  resourceStream,
  nodeStream,
  type TransferEvent,
  transferStream,
} from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { type AppendRequest, type EventStore, handle, KeyReused, load, VersionConflict } from '@hub-export/event-store';
import { commandKey } from '@hub-export/http-edge';
import {
  type Resource,
  type ResourceCommand,
  resourceDecider,
  type Transfer,
  type TransferCommand,
  transferDecider,
} from '@hub-export/transfer-life';
import type { Clock } from '../edge/clock.js';
import { isRefusal } from '@hub-export/event-sourcing';
import type { Order } from '../edge/order.js';
import { chosenHub, type Network, recordedRoutes, requireHub, requireSiteNode } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import type { Refusals } from '../refusal/refusal.service.js';
import type { ViewPosition } from '@hub-export/service-runtime';
import { inParallel } from './in-parallel.js';
import {
  type MarkAction,
  markCommand,
  markSubstance,
  type Route,
  type TransferName,
  transferOf,
  unknownResource,
} from './mark.js';
import type { MarkMetrics } from './mark.metrics.js';
import type { Reference, ResourceNumbers } from './resource-numbers.service.js';

/** Marks of one request that are under way at the same time; the store puts them into common commits. */
const PARALLEL_MAX = 200;

/** What was asked for: repeated per-resource changes in one request ("Bulk marking", specification). */
export interface MarkOrder extends Order {
  readonly action: MarkAction;
  /** Null where the only active hub is meant. */
  readonly target: string | null;
  readonly references: readonly Reference[];
  /** The idempotency key of one of them, scoped to caller and route. */
  readonly keyOf: (place: number) => string;
}

export interface MarkResult {
  readonly resource: {
    readonly resource_kind: ResourceKind;
    readonly resource_hash: string | null;
    readonly id: number | null;
  };
  readonly transfer_id: string | null;
  readonly outcome: 'marked' | 'unmarked' | 'unchanged' | 'refused';
  readonly code?: string;
  readonly detail?: string;
}

export interface MarkResults {
  /** Null where an unmark names none and none is active. */
  readonly targetNodeKey: string | null;
  readonly results: readonly MarkResult[];
  /** The highest place in the log of what was recorded; 0 where nothing was. */
  readonly position: number;
}

/** Marks and unmarks: loads, decides, appends, each resource alone. */
export class MarkService {
  constructor(
    private readonly store: EventStore,
    private readonly network: NetworkService,
    private readonly numbers: ResourceNumbers,
    private readonly views: ViewPosition,
    private readonly refusals: Refusals,
    private readonly metrics: MarkMetrics,
    private readonly settings: { readonly clock: Clock; readonly localCleanupPolicy: LocalCleanupPolicy },
  ) {}

  /**
   * Of a mark all of it is refused where there is nowhere to send to. A mark is taken back whatever became of the nodes.
   * @throws {Refusal} `unknown_target`, `target_required`, `no_active_site_node`: then nothing was done at all.
   */
  async handle(order: MarkOrder): Promise<MarkResults> {
    const network = await this.networkFor(order);
    const hashes = await this.numbers.hashesOf(order.references, order.centers);
    const done = await inParallel(order.references, PARALLEL_MAX, (reference, place) =>
      this.one(order, reference, hashes[place] ?? null, place, network),
    );
    for (const { result } of done) this.metrics.count(order.action, result);
    return {
      targetNodeKey: order.target ?? chosenHub(network, null)?.node_key ?? null,
      results: done.map(({ result }) => result),
      position: Math.max(0, ...done.map(({ position }) => position)),
    };
  }

  /** What the view does not know yet may just have been recorded: before a refusal it catches up once. */
  private async networkFor(order: MarkOrder): Promise<Network> {
    const network = await this.network.recorded();
    if (order.action === 'unmark' || routeRefusal(network, order.target) === null) return network;
    await this.views.catchUp();
    const later = await this.network.recorded();
    const refusal = routeRefusal(later, order.target);
    if (refusal === null) return later;
    await this.refusals.record(
      {
        command: order.action,
        code: refusal.code,
        resource_kind: null,
        resource_hash: null,
        target_node_key: order.target,
        transfer_id: null,
      },
      order.keyOf(-1),
      order,
    );
    throw refusal;
  }

  private async one(
    order: MarkOrder,
    reference: Reference,
    hash: string | null,
    place: number,
    network: Network,
  ): Promise<{ readonly result: MarkResult; readonly position: number }> {
    const { action } = order;
    const { resource_kind, id = null } = reference;
    const resource = { resource_kind, resource_hash: hash, id };
    const key = order.keyOf(place);
    let transfer_id: string | null = null;
    try {
      if (hash === null) throw unknownResource();
      const name = { resource_kind, resource_hash: hash };
      const transfer = await this.transferFor(order, network, name);
      ({ transfer_id } = transfer);
      const handled = await this.decide(order, name, transfer, network, {
        key,
        digest: documentDigest(markSubstance(action, order.by, order.target, reference)),
      });
      const outcome = handled.events.length === 0 ? 'unchanged' : action === 'mark' ? 'marked' : 'unmarked';
      return { result: { resource, transfer_id, outcome }, position: handled.position };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      const target_node_key = order.target ?? chosenHub(network, null)?.node_key ?? null;
      const position = await this.refusals.record(
        { command: action, code: refusal.code, resource_kind, resource_hash: hash, target_node_key, transfer_id },
        key,
        order,
      );
      const { code, message: detail } = refusal;
      return { result: { resource, transfer_id, outcome: 'refused', code, detail }, position: position ?? 0 };
    }
  }

  /** A mark is for the way that is open now; an unmark for the way that was marked, open or not. */
  private async transferFor(
    { action, target }: MarkOrder,
    network: Network,
    name: { readonly resource_kind: ResourceKind; readonly resource_hash: string },
  ): Promise<TransferName> {
    if (action === 'mark') return transferOf(routeOf(network, target), name);
    const names = recordedRoutes(network, target).map((route) => transferOf(route, name));
    const lives = await Promise.all(
      names.map(async (transfer) => {
        const { state } = await load<Transfer, TransferCommand, TransferEvent>(
          this.store,
          transferDecider,
          transferStream(transfer.transfer_id),
        );
        return { transfer, status: state.status };
      }),
    );
    const marked = lives.filter(({ status }) => status === 'marked');
    if (marked.length > 1) throw new Refusal('target_required', 'It is marked for several hubs: name the target.');
    const found = marked[0] ?? lives.find(({ status }) => status !== 'not_marked') ?? lives[0];
    if (found === undefined) throw new Refusal('unknown_target', 'No way to the target was ever recorded.');
    return found.transfer;
  }

  private decide(
    order: MarkOrder,
    name: { readonly resource_kind: ResourceKind; readonly resource_hash: string },
    transfer: TransferName,
    firstNetwork: Network,
    command: { readonly key: string; readonly digest: string },
  ): ReturnType<typeof handle<Transfer, TransferCommand, TransferEvent>> {
    const resourceStreamId = resourceStream(name.resource_kind, name.resource_hash);
    let network: Network | null = firstNetwork;
    let reliesOn: AppendRequest['reliesOn'];
    const build = async (): Promise<TransferCommand> => {
      // A conflict may mean that the nodes have changed: every try after the first looks at them anew.
      const seen = network ?? (await this.network.recorded());
      network = null;
      const route = order.action === 'unmark' ? null : routeOf(seen, order.target);
      // A name is a hash: it is made once, and again only where the nodes may be others.
      if (route !== null && seen !== firstNetwork && transferOf(route, name).transfer_id !== transfer.transfer_id) {
        throw new Refusal('network_changed', 'The nodes were changed at the same moment; try again.');
      }
      const { state, version } = await load<Resource, ResourceCommand, ResourceEvent>(
        this.store,
        resourceDecider,
        resourceStreamId,
      );
      // An unmark is allowed whatever became of resource and nodes.
      reliesOn = route === null ? [] : [{ streamId: resourceStreamId, version }, ...reliedOn(seen, route)];
      return markCommand(order.action, state, route === null ? null : { ...route, transfer }, order, {
        at: this.settings.clock(),
        localCleanupPolicy: this.settings.localCleanupPolicy,
      });
    };
    return handle<Transfer, TransferCommand, TransferEvent>(
      this.store,
      transferDecider,
      transferStream(transfer.transfer_id),
      build,
      {
        ...command,
        correlationId: order.correlationId,
        causationId: order.causationId,
        reliesOn: () => reliesOn,
      },
    );
  }
}

/** The idempotency key of one item of a request or message. */
export function markKey(scope: { route: string; subject: string; key: string }, place: number): string {
  return commandKey({ ...scope, item: String(place) });
}

/** @throws {Refusal} */
function routeOf(network: Network, target: string | null): Route {
  return { siteNode: requireSiteNode(network), hub: requireHub(network, target) };
}

function routeRefusal(network: Network, target: string | null): Refusal | null {
  try {
    routeOf(network, target);
    return null;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

function reliedOn({ versions }: Network, { siteNode, hub }: Route): NonNullable<AppendRequest['reliesOn']> {
  return [siteNode.node_key, hub.node_key].map((key) => ({
    streamId: nodeStream(key),
    version: versions.get(key) ?? 0,
  }));
}

/** What refuses this one item, whatever becomes of the others; null for what concerns all of them. */
function refusalOf(error: unknown): Refusal | null {
  if (isRefusal(error)) return error;
  if (error instanceof KeyReused) {
    return new Refusal('idempotency_key_reused', 'This idempotency key was used for another command.');
  }
  if (error instanceof VersionConflict) {
    return new Refusal('version_conflict', 'Others changed this at the same time; try again.');
  }
  return null;
}
