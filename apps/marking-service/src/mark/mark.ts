import {
  type Actor,
  type LocalCleanupPolicy,
  type ResourceKind,
  transferId,
  transferKey,
  type NodeFacts,
} from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { eligibilityOf, type Intent, type Resource, type TransferCommand } from '@hub-export/transfer-life';
import { type Order, sees } from '../edge/order.js';
import { termsOf } from '../network/network.js';

export type MarkAction = 'mark' | 'unmark';

/** From where to where. */
export interface Route {
  readonly siteNode: NodeFacts;
  readonly hub: NodeFacts;
}

/** What a logical transfer is called, here and on the wire. */
export interface TransferName {
  readonly transfer_id: string;
  readonly transfer_key: string;
}

/** The name of the logical transfer of a resource on a route. */
export function transferOf(
  { siteNode, hub }: Route,
  resource: { readonly resource_kind: ResourceKind; readonly resource_hash: string },
): TransferName {
  const transfer_key = transferKey({ source_node_key: siteNode.node_key, ...resource });
  return { transfer_id: transferId(hub.node_key, transfer_key), transfer_key };
}

/**
 * The command that a mark or an unmark is, given the resource as it stands. An unmark needs no way out.
 * @throws {Refusal} `unknown_resource` where there is none that the caller sees
 */
export function markCommand(
  action: MarkAction,
  resource: Resource,
  route: (Route & { readonly transfer: TransferName }) | null,
  order: Pick<Order, 'by' | 'centers'>,
  moment: { readonly at: string; readonly localCleanupPolicy: LocalCleanupPolicy },
): TransferCommand {
  const { at, localCleanupPolicy } = moment;
  const { by } = order;
  if (resource.status === 'unknown' || !sees(order, resource.facts.center_key)) throw unknownResource();
  if (action === 'unmark' || route === null) return { type: 'UnmarkResource', at, by };
  const { siteNode, hub, transfer } = route;
  const { resource_kind, resource_hash, center_key } = resource.facts;
  const intent: Intent = {
    ...transfer,
    source_node_key: siteNode.node_key,
    // Without a center it is not eligible, so the empty text is never recorded.
    source_center_key: center_key ?? '',
    target_node_key: hub.node_key,
    resource_kind,
    resource_hash,
    local_cleanup_policy: localCleanupPolicy,
  };
  return { type: 'MarkResource', at, by, intent, eligibility: eligibilityOf(resource, termsOf(siteNode, hub)) };
}

/** The same words for a resource that nobody reported and for one of a foreign center: neither may tell of the other. */
export function unknownResource(): Refusal {
  return new Refusal('unknown_resource', 'The site has not reported this resource.');
}

/** What makes two marks the same command; the time is no part of it. */
export function markSubstance(
  action: MarkAction,
  by: Actor,
  target: string | null,
  reference: { readonly resource_kind: ResourceKind; readonly resource_hash?: string; readonly id?: number },
): object {
  const { resource_kind, resource_hash = null, id = null } = reference;
  return { action, by: by.kind === 'user' ? by.subject : by.reason, target, resource_kind, resource_hash, id };
}
