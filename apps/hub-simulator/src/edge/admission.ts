import { type IncomingHttpHeaders } from 'node:http';
import { refuseDetail } from '../answer.js';
import { activeNode, type Network, type NetworkNode } from '../network.js';
import { type ProfileTraits } from '../profiles.js';
import { isSecretOf } from './secrets.js';

/** Who calls, as far as the connection and the headers tell. */
export interface Caller {
  readonly certificate: 'verified' | 'none';
  readonly nodeKey: string;
  readonly secret: string;
}

/** Reads the node headers; both are trimmed. */
export function callerOf(headers: IncomingHttpHeaders, certificate: Caller['certificate']): Caller {
  return {
    certificate,
    nodeKey: String(headers['x-network-node-key'] ?? '').trim(),
    secret: String(headers['x-network-node-secret'] ?? '').trim(),
  };
}

/**
 * The checks that stand between a request and a transfer, in the hub's order: client certificate, node, center (hub
 * contract 1.3). The caller is told one and the same thing for every fault of its node; the journal learns which.
 */
export function requireAdmitted(
  caller: Caller,
  transfer: { readonly sourceNodeKey: string; readonly centerKey: string | null },
  network: Network,
  traits: ProfileTraits,
): void {
  if (caller.certificate !== 'verified') {
    throw refuseDetail(403, 'A verified client certificate is required.', 'client_certificate_missing');
  }
  const node = requireNode(caller, transfer.sourceNodeKey, network);
  const bound = node.owning_center_key !== null && node.owning_center_key === transfer.centerKey;
  if (traits.bindsCenterToNode && !bound) {
    throw refuseDetail(403, 'The node may not act for this center.', 'center_out_of_scope');
  }
}

function requireNode(caller: Caller, sourceNodeKey: string, network: Network): NetworkNode {
  const refuse = (reason: string) => refuseDetail(403, 'The node could not be authenticated.', reason);
  const node = activeNode(network, sourceNodeKey);
  if (node === undefined) throw refuse('unknown_or_inactive_source_node');
  if (caller.nodeKey !== node.node_key) throw refuse('node_key_mismatch');
  if (node.secret === undefined && node.secret_hash === undefined) throw refuse('missing_shared_secret_hash');
  if (!isSecretOf(node, caller.secret)) throw refuse('shared_secret_mismatch');
  return node;
}
