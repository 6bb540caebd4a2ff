import { refuseField } from '../answer.js';
import { digestOf, type JsonObject } from '../json.js';
import { activeNode, defaultTarget, type Network, type NetworkNode } from '../network.js';
import { type ProfileTraits } from '../profiles.js';
import { anonymizationStatus } from './anonymization.js';
import { closed, describeFaults, optional, readClosed } from './closed-schema.js';
import { flag } from './lax-values.js';
import { expectedMediaHash, requireLinkedHash, requireMediaHashes, requirePrivate } from './linkage.js';
import { resourceRowsShape } from './resource-rows.js';
import { requireSoundSegments } from './segments.js';
import { readTopLevel, type TopLevel } from './top-level.js';

/** A registration that passed every rule of the hub's serializer, with its nodes and center found. */
export interface Registration {
  readonly top: TopLevel;
  readonly source: NetworkNode;
  readonly target: NetworkNode;
  /** The center named, or the source node's own where the profile binds the two; null where there is neither. */
  readonly centerKey: string | null;
  /** `resource_rows` in canonical form. */
  readonly rows: JsonObject;
  /** `processing_snapshot` in canonical form. */
  readonly snapshot: JsonObject;
  /** The hash that uploaded media must have; empty if the rows tell none. */
  readonly mediaHash: string;
}

/**
 * Validates the body of a registration, in the hub's order, before anybody asks who sent it (hub contract 1.3, 2).
 * Throws a HubRefusal: 400 with a map of fields, or 500 where the real hub fails.
 */
export function readRegistration(body: unknown, network: Network, traits: ProfileTraits): Registration {
  const top = readTopLevel(body);
  if (top.payload_schema_version !== traits.payloadSchemaVersion) {
    throw refuseField('payload_schema_version', 'This version is not supported.');
  }
  if (top.transfer_mode.includes('raw')) throw refuseField('transfer_mode', 'Raw media is not accepted.');
  const { source, target, centerKey } = resolveParties(top, network, traits);
  requireLinkedHash(top, traits);
  requirePrivate(top);
  const rows = readRows(top, traits);
  const snapshot = readSnapshot(top);
  requireMediaHashes(top, rows);
  requireValidated(top, rows);
  requireSoundSegments(rows, top.source_node_key, traits);
  return { top, source, target, centerKey, rows, snapshot, mediaHash: expectedMediaHash(top.resource_kind, rows) };
}

/** The digests of a canonical registration, for comparing it with a later one without keeping its text. */
export function contentDigests({ rows, snapshot }: Registration): { rows: string; snapshot: string } {
  return { rows: digestOf(rows), snapshot: digestOf(snapshot) };
}

function resolveParties(top: TopLevel, network: Network, traits: ProfileTraits) {
  const source = activeNode(network, top.source_node_key);
  if (source === undefined) throw refuseField('source_node_key', 'Unknown or inactive node.');
  const target = top.target_node_key === '' ? defaultTarget(network) : activeNode(network, top.target_node_key);
  if (target === undefined) throw refuseField('target_node_key', 'Unknown or inactive node.');
  if (top.source_center_key !== '' && !network.centers.includes(top.source_center_key)) {
    throw refuseField('source_center_key', 'Unknown center.');
  }
  if (traits.bindsCenterToNode && source.owning_center_key === null) {
    throw refuseField('source_center_key', 'The source node has no owning center.');
  }
  return { source, target, centerKey: top.source_center_key || source.owning_center_key };
}

function readRows(top: TopLevel, traits: ProfileTraits): JsonObject {
  const { value, faults } = readClosed(resourceRowsShape(top.resource_kind, traits), top.resource_rows);
  if (faults.length > 0) throw refuseField('resource_rows', describeFaults('resource_rows', faults));
  return value as JsonObject;
}

function readSnapshot(top: TopLevel): JsonObject {
  const { value, faults } = readClosed(SNAPSHOT, top.processing_snapshot);
  // The hub tells faults of the snapshot under the rows.
  if (faults.length > 0) throw refuseField('resource_rows', describeFaults('processing_snapshot', faults));
  return value as JsonObject;
}

function requireValidated(top: TopLevel, rows: JsonObject): void {
  const stateRow = rows[top.resource_kind === 'video' ? 'video_state' : 'raw_pdf_state'] as JsonObject | undefined;
  const status = anonymizationStatus(top.resource_kind, stateRow);
  if (status !== 'validated') throw refuseField('resource_rows', `The anonymization is ${status}, not validated.`);
}

const SNAPSHOT = closed({ sender_processing_success: optional(flag) });
