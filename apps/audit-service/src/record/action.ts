import {
  type Actor,
  actorText,
  type CommandRefused,
  type HubExportEvent,
  type ResourceEvent,
  type ResourceKind,
  resourceStream,
  type TransferEvent,
} from '@hub-export/contracts';
import type { Entry } from '../entry/entry.js';
import { type ResourceFacts, type TransferRecord, UNKNOWN_RESOURCE } from './transfer-record.js';

/** What became of that which an entry tells. */
export const OUTCOMES = [
  /** It took effect. */
  'done',
  /** An attempt to send failed. */
  'failed',
  /** It was asked for, and the rules said no. */
  'refused',
  /** A request left, and its answer was lost. */
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Who did what to what, when, with which outcome: what an entry is found by. */
export interface Action {
  readonly global_seq: number;
  readonly recorded_at: string;
  readonly type: string;
  readonly actor: string | null;
  /** Null where this version does not understand the entry. */
  readonly outcome: Outcome | null;
  readonly transfer_id: string | null;
  readonly resource_kind: ResourceKind | null;
  readonly resource_hash: string | null;
  /** Whose auditors see it besides those of all centers; null for nobody's. */
  readonly center_key: string | null;
  /** The hub it was meant for; where a node was recorded, that node. */
  readonly target_node_key: string | null;
  /** Pseudonyms of the site, as they were known then. */
  readonly patient_hash: string | null;
  readonly examination_hash: string | null;
  /** False for a type or data that this version does not understand: the entry is kept, no view shows it. */
  readonly folded: boolean;
}

/** What the views hold so far of everything that the entries speak of. */
export interface Known {
  readonly transfers: ReadonlyMap<string, TransferRecord>;
  /** Each resource as the site told it last, by its stream. */
  readonly resources: ReadonlyMap<string, ResourceFacts>;
}

/** An entry of a transfer's life; without its record where it does not belong to it. */
export function transferAction(
  entry: Entry,
  event: TransferEvent | null,
  record: TransferRecord | null,
  folded: boolean,
): Action {
  return {
    ...named(entry, event?.by ?? null, folded && event !== null ? outcomeOf(event) : null),
    resource_kind: record?.resource_kind ?? null,
    resource_hash: record?.resource_hash ?? null,
    center_key: record?.center_key ?? null,
    target_node_key: record?.target_node_key ?? null,
    patient_hash: record?.patient_hash ?? null,
    examination_hash: record?.examination_hash ?? null,
    folded,
  };
}

/** An entry of anything else. */
export function otherAction(entry: Entry, event: Exclude<HubExportEvent, TransferEvent>, known: Known): Action {
  const of = { ...named(entry, event.by, outcomeOf(event)), folded: true };
  switch (event.type) {
    case 'ResourceReported':
    case 'ResourceWithdrawn': {
      const { resource_kind, resource_hash } = event;
      const facts = known.resources.get(resourceNameOf(event)) ?? UNKNOWN_RESOURCE;
      return { ...of, resource_kind, resource_hash, target_node_key: null, ...facts };
    }
    case 'CommandRefused':
      return { ...of, ...refusalAbout(event, known) };
    case 'NodeRecorded':
    case 'HubCircuitOpened':
    case 'HubCircuitClosed':
      return { ...of, ...ABOUT_NOTHING, target_node_key: event.node_key };
    case 'EgressStopped':
    case 'EgressResumed':
      return { ...of, ...ABOUT_NOTHING };
  }
}

const ABOUT_NOTHING = { resource_kind: null, resource_hash: null, target_node_key: null, ...UNKNOWN_RESOURCE } as const;

/** A refusal belongs to the center of what was asked for, whoever asked. */
function refusalAbout(event: CommandRefused, { transfers, resources }: Known) {
  const record = transfers.get(event.transfer_id ?? '');
  const { resource_kind, resource_hash } = event.resource_hash === null && record !== undefined ? record : event;
  const facts = resources.get(resourceOf(event) ?? '') ?? UNKNOWN_RESOURCE;
  return {
    transfer_id: event.transfer_id,
    resource_kind,
    resource_hash,
    center_key: record?.center_key ?? facts.center_key,
    target_node_key: event.target_node_key ?? record?.target_node_key ?? null,
    patient_hash: record?.patient_hash ?? facts.patient_hash,
    examination_hash: record?.examination_hash ?? facts.examination_hash,
  };
}

function named(entry: Entry, by: Actor | null, outcome: Outcome | null) {
  const { globalSeq: global_seq, recordedAt: recorded_at, type } = entry;
  const actor = by === null ? null : actorText(by);
  return { global_seq, recorded_at, type, actor, outcome, transfer_id: transferOf(entry) };
}

function outcomeOf({ type }: HubExportEvent): Outcome {
  if (type === 'CommandRefused') return 'refused';
  if (type === 'TransferFailed') return 'failed';
  return type === 'OutcomeUnknown' ? 'unknown' : 'done';
}

const TRANSFER_STREAM = /^transfer-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The transfer whose life the entry belongs to, if any. */
export function transferOf({ streamId }: Entry): string | null {
  return TRANSFER_STREAM.exec(streamId)?.[1] ?? null;
}

/** The stream of the resource that an event names. */
export function resourceOf(event: HubExportEvent | null): string | null {
  switch (event?.type) {
    case 'ResourceReported':
    case 'ResourceWithdrawn':
    case 'ResourceMarked':
      return resourceNameOf(event);
    case 'CommandRefused': {
      const { resource_kind, resource_hash } = event;
      return resource_kind === null || resource_hash === null ? null : resourceStream(resource_kind, resource_hash);
    }
    default:
      return null;
  }
}

export function resourceNameOf({
  resource_kind,
  resource_hash,
}: Pick<ResourceEvent, 'resource_kind' | 'resource_hash'>) {
  return resourceStream(resource_kind, resource_hash);
}
