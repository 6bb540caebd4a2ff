import { ELIGIBLE_STATES, profileAccepts, type NodeFacts } from '@hub-export/contracts';
import { Refusal } from '@hub-export/event-sourcing';
import { activeHubs, type EligibilityTerms } from '@hub-export/transfer-life';

/** The recorded nodes, each with the version of its stream that this was read from. */
export interface Network {
  readonly nodes: readonly NodeFacts[];
  readonly versions: ReadonlyMap<string, number>;
}

/** The one active site node, or null where there is none or more than one. */
export function activeSiteNode({ nodes }: Pick<Network, 'nodes'>): NodeFacts | null {
  const active = nodes.filter(({ role, is_active }) => role === 'site_node' && is_active);
  return active.length === 1 ? (active[0] ?? null) : null;
}

/**
 * "one active local site NetworkNode" (specification, Operational Requirements).
 * @throws {Refusal} `no_active_site_node`
 */
export function requireSiteNode(network: Network): NodeFacts {
  const siteNode = activeSiteNode(network);
  if (siteNode === null) throw new Refusal('no_active_site_node', 'Exactly one site node must be active.');
  return siteNode;
}

/** The hub that is meant: the named one if it is active; where none is named, the only active one; else null. */
export function chosenHub({ nodes }: Pick<Network, 'nodes'>, targetNodeKey: string | null): NodeFacts | null {
  const hubs = activeHubs(nodes);
  if (targetNodeKey !== null) return hubs.find(({ node_key }) => node_key === targetNodeKey) ?? null;
  return hubs.length === 1 ? (hubs[0] ?? null) : null;
}

/**
 * The hub that a mark is for.
 * @throws {Refusal} `unknown_target`, or `target_required` where none is named and not exactly one is active.
 */
export function requireHub(network: Network, targetNodeKey: string | null): NodeFacts {
  const hub = chosenHub(network, targetNodeKey);
  if (hub !== null) return hub;
  if (targetNodeKey !== null) throw new Refusal('unknown_target', 'The target is not an active central hub.');
  const none = activeHubs(network.nodes).length === 0;
  const sentence = none ? 'No central hub is active.' : 'Several central hubs are active: name the target.';
  throw new Refusal('target_required', sentence);
}

/** Every way that was ever recorded to this hub, or to any, active or not; the active ones first. */
export function recordedRoutes(
  { nodes }: Pick<Network, 'nodes'>,
  targetNodeKey: string | null,
): readonly { readonly siteNode: NodeFacts; readonly hub: NodeFacts }[] {
  const activeFirst = [...nodes].sort((one, other) => Number(other.is_active) - Number(one.is_active));
  const hubs = activeFirst.filter(
    ({ role, node_key }) => role === 'central_hub' && (targetNodeKey === null || node_key === targetNodeKey),
  );
  const siteNodes = activeFirst.filter(({ role }) => role === 'site_node');
  return siteNodes.flatMap((siteNode) => hubs.map((hub) => ({ siteNode, hub })));
}

/**
 * What a resource is held against. Without a site node nothing is in scope; without a hub the specification's own
 * three states stand, since there is nobody to narrow them.
 */
export function termsOf(siteNode: NodeFacts | null, hub: NodeFacts | null): EligibilityTerms {
  const profile = hub?.profile ?? 'endoreg-2.0';
  const taken = hub === null || hub.profile === null ? ELIGIBLE_STATES : profileAccepts(hub.profile);
  const wanted = hub?.eligible_states ?? ELIGIBLE_STATES;
  return {
    centerScope: siteNode?.center_scope ?? [],
    owningCenter: siteNode?.owning_center_key ?? null,
    acceptedStates: taken.filter((state) => wanted.includes(state)),
    profile,
  };
}
