import type { NodeFacts } from '@hub-export/contracts';

/** What was found of a hub's or site node's authentication material when it was last looked at. */
export type MaterialFault =
  | 'secret_missing'
  | 'client_certificate_unreadable'
  | 'client_key_unreadable'
  | 'ca_unreadable'
  | 'certificate_key_mismatch'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'recipient_key_unreadable'
  | 'base_url_not_allowed';

export interface ReadinessFacts {
  readonly nodes: readonly NodeFacts[];
  /** Of the site node's secret and of each hub's certificates; a node that was not looked at is missing here. */
  readonly materials: ReadonlyMap<string, readonly MaterialFault[]>;
  /** In how many whole days the client certificate of a hub ends; a node without one is missing here. */
  readonly certificateDaysLeft?: ReadonlyMap<string, number>;
}

/** A certificate that ends within so many days is warned of, the more urgently the fewer are left. */
export const CERTIFICATE_WARNING_DAYS = [30, 14, 3] as const;

export type RequirementCode =
  | 'active_site_node'
  | 'source_center_scope'
  | 'node_secret'
  | 'active_target_hub'
  | 'hub_base_url'
  | 'hub_tls_material';

/** One of the specification's "Operational Requirements". */
export interface Requirement {
  readonly code: RequirementCode;
  readonly passed: boolean;
  readonly message: string;
  /** What to do, and who can; empty where it passed. */
  readonly remedy: string;
  /** It is met now and will not be for long: `certificate_ends_within_30_days`, `…_14_days`, `…_3_days`. */
  readonly warning?: string;
}

/** From where a transfer goes, and where to. */
export interface WayEnds {
  /** The one active site node; `null` where there is none, or more than one. */
  readonly siteNode: NodeFacts | null;
  /** The target, where it is an active hub. */
  readonly hub: NodeFacts | null;
}

export interface Readiness extends WayEnds {
  readonly ready: boolean;
  readonly requirements: readonly Requirement[];
}

/**
 * "Before queueing any transfer, the local node must have …": while one requirement fails, page and worker refuse to
 * start transfer work for this target.
 *
 * @param sourceNodeKey the node in whose name an existing transfer goes out; it must be the active one
 */
export function readinessOf(
  { nodes, materials, certificateDaysLeft }: ReadinessFacts,
  targetNodeKey: string,
  sourceNodeKey?: string,
): Readiness {
  const { siteNode, hub } = endsAmong(nodes, targetNodeKey);
  const requirements = [
    activeSiteNode(activeSiteNodes(nodes).length, siteNode, sourceNodeKey),
    sourceCenterScope(siteNode),
    nodeSecret(siteNode, materials),
    activeTargetHub(hub),
    hubBaseUrl(hub, materials),
    hubTlsMaterial(hub, materials, hub === null ? undefined : certificateDaysLeft?.get(hub.node_key)),
  ];
  return { ready: requirements.every(({ passed }) => passed), requirements, siteNode, hub };
}

export function endsAmong(nodes: readonly NodeFacts[], targetNodeKey: string): WayEnds {
  const siteNodes = activeSiteNodes(nodes);
  return {
    siteNode: siteNodes.length === 1 ? (siteNodes[0] ?? null) : null,
    hub: activeHubs(nodes).find(({ node_key }) => node_key === targetNodeKey) ?? null,
  };
}

function activeSiteNodes(nodes: readonly NodeFacts[]): readonly NodeFacts[] {
  return nodes.filter(({ role, is_active }) => role === 'site_node' && is_active);
}

/** The active hubs, the ones a mark may name as its target. */
export function activeHubs(nodes: readonly NodeFacts[]): readonly NodeFacts[] {
  return nodes.filter(({ role, is_active }) => role === 'central_hub' && is_active);
}

function activeSiteNode(count: number, siteNode: NodeFacts | null, sourceNodeKey: string | undefined): Requirement {
  if (siteNode !== null && sourceNodeKey !== undefined && siteNode.node_key !== sourceNodeKey) {
    const remedy = 'Operations: make the node active again in whose name the transfer was marked.';
    return failed('active_site_node', 'The transfer was marked in the name of another site node.', remedy);
  }
  if (count === 1) return passed('active_site_node', 'One local site node is active.');
  const message = count === 0 ? 'No local site node is active.' : 'More than one local site node is active.';
  return failed('active_site_node', message, 'Operations: record exactly one active node with the role site_node.');
}

function sourceCenterScope(siteNode: NodeFacts | null): Requirement {
  if (siteNode !== null && siteNode.owning_center_key !== null && siteNode.center_scope.length > 0) {
    return passed('source_center_scope', 'The source center scope is set.');
  }
  const remedy = 'Operations: set owning_center_key and center_scope of the site node.';
  return failed('source_center_scope', 'The site node has no source center scope.', remedy);
}

function nodeSecret(siteNode: NodeFacts | null, materials: ReadinessFacts['materials']): Requirement {
  const faults = siteNode === null ? undefined : materials.get(siteNode.node_key);
  if (faults?.length === 0) return passed('node_secret', 'The node secret can be read.');
  const remedy =
    'Operations: put the secret where secret_ref of the site node points, readable by the sender and within SECRET_REF_ROOT or SECRET_REF_ENV_PREFIX.';
  return failed('node_secret', 'The secret that authenticates the site node cannot be read.', remedy);
}

function activeTargetHub(hub: NodeFacts | null): Requirement {
  if (hub !== null) return passed('active_target_hub', 'The target hub is active.');
  const remedy = 'Operations: record the target as an active node with the role central_hub.';
  return failed('active_target_hub', 'The target is not an active central hub.', remedy);
}

function hubBaseUrl(hub: NodeFacts | null, materials: ReadinessFacts['materials']): Requirement {
  if (hub !== null && materials.get(hub.node_key)?.includes('base_url_not_allowed') === true) {
    const remedy = 'Operations: name the hub by its name at port 443, or allow its host and port in HUB_HOSTS.';
    return failed('hub_base_url', MATERIAL_MESSAGES.base_url_not_allowed, remedy);
  }
  // Its form was checked when the node was recorded, so that it is there means that it is valid.
  if (hub !== null && hub.base_url !== null && hub.profile !== null) {
    return passed('hub_base_url', 'The base URL of the hub is set.');
  }
  const remedy = 'Operations: set base_url (https) and profile of the hub node.';
  return failed('hub_base_url', 'The hub has no valid base URL.', remedy);
}

function hubTlsMaterial(
  hub: NodeFacts | null,
  materials: ReadinessFacts['materials'],
  daysLeft: number | undefined,
): Requirement {
  const faults = hub === null ? undefined : materials.get(hub.node_key);
  if (faults === undefined) {
    return failed('hub_tls_material', 'The certificates for the hub were not looked at yet.', MATERIAL_REMEDY);
  }
  const first = faults.find((fault) => fault !== 'base_url_not_allowed');
  if (first === undefined) return inDate(daysLeft);
  return failed('hub_tls_material', MATERIAL_MESSAGES[first], MATERIAL_REMEDY);
}

function inDate(daysLeft: number | undefined): Requirement {
  const within = CERTIFICATE_WARNING_DAYS.findLast((days) => daysLeft !== undefined && daysLeft < days);
  const met = passed('hub_tls_material', 'Certificate, key and CA are readable and in date.');
  if (within === undefined) return met;
  const message = `The client certificate is in date, and ends in ${daysLeft} days.`;
  return { ...met, message, remedy: MATERIAL_REMEDY, warning: `certificate_ends_within_${within}_days` };
}

const MATERIAL_REMEDY =
  'Operations: mend the files that tls of the hub node points to; they are read again by themselves.';

const MATERIAL_MESSAGES: Readonly<Record<MaterialFault, string>> = {
  secret_missing: 'The node secret cannot be read.',
  client_certificate_unreadable: 'The client certificate cannot be read.',
  client_key_unreadable: 'The key of the client certificate cannot be read, or others can read it too.',
  ca_unreadable: 'The CA certificate of the hub cannot be read.',
  certificate_key_mismatch: 'The client certificate and its key do not belong together.',
  certificate_expired: 'The client certificate has expired.',
  certificate_not_yet_valid: 'The client certificate is not valid yet.',
  recipient_key_unreadable: 'The public key that media is encrypted for cannot be read.',
  base_url_not_allowed: 'The hub is at an address or port that is not allowed here.',
};

function passed(code: RequirementCode, message: string): Requirement {
  return { code, passed: true, message, remedy: '' };
}

function failed(code: RequirementCode, message: string, remedy: string): Requirement {
  return { code, passed: false, message, remedy };
}
