import { LEASE_MS_MAX, LEASE_MS_MIN } from '../config.js';
import { readRecipientKeys } from '../envelope/recipient-keys.js';
import { type HubSettings } from '../hub.service.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { parseNetwork, type Network, type NetworkNode } from '../network.js';
import { isProfileName } from '../profiles.js';

/** What `POST /config` asks for. */
export interface SettingsChange {
  readonly settings: Partial<HubSettings>;
  readonly tls: { readonly cert?: string; readonly key?: string; readonly clientCa?: string } | undefined;
  readonly listening: boolean | undefined;
}

const KEYS: readonly string[] = [
  'profile',
  'feature_enabled',
  'max_upload_bytes',
  'lease_ms',
  'network',
  'nodes',
  'recipient_private_keys',
  'tls',
  'listening',
];

/** Reads a change of the settings; throws an error that names what is wrong. `nodes` changes nodes by their key. */
export function readSettings(body: JsonObject, current: HubSettings): SettingsChange {
  const unknown = Object.keys(body).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`Unknown settings: ${unknown.join(', ')}.`);
  const settings: { -readonly [Key in keyof HubSettings]?: HubSettings[Key] } = {};
  const { profile, feature_enabled, max_upload_bytes, lease_ms, network, nodes, recipient_private_keys, tls } = body;
  if (profile !== undefined) settings.profile = must(profile, isProfileName, 'profile');
  if (feature_enabled !== undefined) settings.featureEnabled = must(feature_enabled, isFlag, 'feature_enabled');
  if (max_upload_bytes !== undefined) settings.maxUploadBytes = must(max_upload_bytes, isCount, 'max_upload_bytes');
  if (lease_ms !== undefined) settings.leaseMs = must(lease_ms, isLeaseMs, 'lease_ms');
  if (network !== undefined) settings.network = parseNetwork(network);
  if (nodes !== undefined) settings.network = changedNodes(settings.network ?? current.network, nodes);
  if (recipient_private_keys !== undefined) {
    settings.recipientKeys = readRecipientKeys(must(recipient_private_keys, isTexts, 'recipient_private_keys'));
  }
  return {
    settings,
    tls: tls === undefined ? undefined : readTls(tls),
    listening: body['listening'] === undefined ? undefined : must(body['listening'], isFlag, 'listening'),
  };
}

/** The settings as the control interface shows them: without secrets. */
export function shownSettings(settings: HubSettings): JsonObject {
  return {
    profile: settings.profile,
    feature_enabled: settings.featureEnabled,
    max_upload_bytes: settings.maxUploadBytes,
    lease_ms: settings.leaseMs,
    nodes: settings.network.nodes.map(({ secret: _secret, secret_hash: _hash, ...node }) => node),
    centers: settings.network.centers,
    recipient_key_ids: [...settings.recipientKeys.keys()],
  };
}

function changedNodes(network: Network, changes: unknown): Network {
  if (!Array.isArray(changes)) throw new Error('nodes must be a list.');
  let { nodes } = network;
  for (const change of changes as unknown[]) {
    const key = isJsonObject(change) ? change['node_key'] : undefined;
    if (!nodes.some((node) => node.node_key === key)) throw new Error('nodes names a node the hub does not know.');
    nodes = nodes.map((node) => (node.node_key === key ? { ...node, ...(change as Partial<NetworkNode>) } : node));
  }
  return parseNetwork({ ...network, nodes });
}

function readTls(value: unknown): NonNullable<SettingsChange['tls']> {
  const tls = must(value, isJsonObject, 'tls');
  const sound = Object.entries(tls).every(([key, pem]) => TLS_KEYS.includes(key) && typeof pem === 'string');
  if (!sound) throw new Error('tls holds PEM texts: cert, key, clientCa.');
  return tls;
}

const TLS_KEYS: readonly string[] = ['cert', 'key', 'clientCa'];

function must<Value>(value: unknown, is: (value: unknown) => value is Value, name: string): Value {
  if (!is(value)) throw new Error(`${name} is wrong.`);
  return value;
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isLeaseMs(value: unknown): value is number {
  return isCount(value) && value >= LEASE_MS_MIN && value <= LEASE_MS_MAX;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
