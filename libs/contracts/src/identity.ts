import { v5 as uuidV5 } from 'uuid';
import type { ResourceKind } from './vocabulary.js';

/** The namespace of transfer ids; it must never change, or yesterday's transfers would get new names. */
const TRANSFER_NAMESPACE = '7b0f1f0e-6f0a-5e0c-9c55-3b1c7d3a9e11';

/** Longest key the hub's column holds (hub contract, column limits). */
export const TRANSFER_KEY_LENGTH_MAX = 255;

/** SHA-256 in lower-case hexadecimal: resource hashes, media hashes, pseudonym hashes, digests. */
export const SHA256_HEX = /^[0-9a-f]{64}$/;

/** Node and center keys that every hub profile takes (the envelope profiles are the narrowest). */
export const NODE_KEY = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,159}$/;

export interface TransferIdentity {
  readonly source_node_key: string;
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
}

/**
 * The deterministic name of a logical transfer on the wire ("Transfer Identity" of the specification): stable across
 * retries, unique for content and mode, independent of any database's numbers.
 */
export function transferKey({ source_node_key, resource_kind, resource_hash }: TransferIdentity): string {
  return `${source_node_key}__${resource_kind}__${resource_hash}__processed_v1`;
}

/** The name of a logical transfer here. Each hub has its own key space, so the target is part of it. */
export function transferId(targetNodeKey: string, key: string): string {
  return uuidV5(JSON.stringify([targetNodeKey, key]), TRANSFER_NAMESPACE);
}

export function resourceStream(kind: ResourceKind, resourceHash: string): string {
  return `resource-${kind}-${resourceHash}`;
}

export function transferStream(id: string): string {
  return `transfer-${id}`;
}

export function nodeStream(nodeKey: string): string {
  return `node-${nodeKey}`;
}

/** How it stands with a hub, apart from how its node is configured. */
export function circuitStream(nodeKey: string): string {
  return `circuit-${nodeKey}`;
}

/** The one stream of the egress switch. */
export const EGRESS_STREAM = 'egress';

/** Refused commands are kept too, each in a stream of its own: the audit must know what was not done. */
export function refusalStream(id: string): string {
  return `refusal-${id}`;
}
