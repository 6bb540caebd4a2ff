/** A node the hub knows. Exactly one form of secret, or none, which a hub from 2.0 on refuses. */
export interface NetworkNode {
  readonly node_key: string;
  readonly role: 'central_hub' | 'site_node' | 'standalone';
  readonly is_active: boolean;
  readonly owning_center_key: string | null;
  /** The shared secret in the clear: for a simulator only. */
  readonly secret?: string;
  /** The shared secret as a Django password hash, `pbkdf2_sha256$iterations$salt$hash`. */
  readonly secret_hash?: string;
}

/** A prediction model the hub knows, with the labels it may have predicted. */
export interface KnownModel {
  readonly name: string;
  readonly version: string;
  readonly labels: readonly string[];
}

/** Whom the hub knows: its nodes in the order of their primary keys, its centers, its models. */
export interface Network {
  readonly centers: readonly string[];
  readonly nodes: readonly NetworkNode[];
  readonly models: readonly KnownModel[];
}

/** A file of nodes holds at most this many of each kind. */
export const NETWORK_ENTRIES_MAX = 1000;

const ROLES: readonly unknown[] = ['central_hub', 'site_node', 'standalone'];

/** Reads the network out of parsed JSON; throws an error that names every fault. */
export function parseNetwork(value: unknown): Network {
  if (!isObject(value)) throw new Error('The file of nodes must hold a JSON object.');
  const faults: string[] = [];
  const nodes = listOf(value['nodes'], 'nodes', faults).map((node, index) => parseNode(node, index, faults));
  const centers = listOf(value['centers'], 'centers', faults).map(centerKey);
  const models = value['models'] === undefined ? [] : listOf(value['models'], 'models', faults);
  if (centers.includes('')) faults.push('each of centers must be a text or an object with center_key');
  if (!models.every(isKnownModel)) faults.push('each of models needs name, version and labels');
  if (faults.length > 0) throw new Error(`The file of nodes is wrong: ${faults.join('; ')}.`);
  return { nodes, centers, models: models as readonly KnownModel[] };
}

/** The active node of this key, if the hub knows one. */
export function activeNode(network: Network, nodeKey: string): NetworkNode | undefined {
  return network.nodes.find((node) => node.is_active && node.node_key === nodeKey);
}

/** The node a registration goes to when it names none: the first active central hub. */
export function defaultTarget(network: Network): NetworkNode | undefined {
  return network.nodes.find((node) => node.is_active && node.role === 'central_hub');
}

function parseNode(value: unknown, index: number, faults: string[]): NetworkNode {
  const fault = (what: string) => faults.push(`nodes[${index}] ${what}`);
  const node = isObject(value) ? value : {};
  if (typeof node['node_key'] !== 'string' || node['node_key'] === '') fault('needs a node_key');
  if (!ROLES.includes(node['role'])) fault('needs a role');
  if (typeof node['is_active'] !== 'boolean') fault('needs is_active');
  if (node['owning_center_key'] != null && typeof node['owning_center_key'] !== 'string')
    fault('owning_center_key is no text');
  for (const key of ['secret', 'secret_hash']) {
    if (node[key] !== undefined && typeof node[key] !== 'string') fault(`${key} is no text`);
  }
  return { ...node, owning_center_key: node['owning_center_key'] ?? null } as unknown as NetworkNode;
}

function listOf(value: unknown, name: string, faults: string[]): readonly unknown[] {
  if (Array.isArray(value) && value.length <= NETWORK_ENTRIES_MAX) return value;
  faults.push(`${name} must be a list of at most ${NETWORK_ENTRIES_MAX}`);
  return [];
}

function centerKey(value: unknown): string {
  const key = isObject(value) ? value['center_key'] : value;
  return typeof key === 'string' ? key : '';
}

function isKnownModel(value: unknown): value is KnownModel {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    typeof value['version'] === 'string' &&
    Array.isArray(value['labels'])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
