import {
  type Actor,
  actorText,
  type CommandRefused,
  ContractFault,
  type HubExportEvent,
  parseEvent,
  type ResourceEvent,
  type ResourceKind,
  resourceStream,
  TRANSFER_EVENTS,
  type TransferEvent,
} from '@hub-export/contracts';
import type { Entry } from '../entry/entry.js';
import { evolveRecord, type TransferRecord } from './transfer-record.js';

/** Who did what to what, when: what an entry is found by. */
export interface Action {
  readonly global_seq: number;
  readonly recorded_at: string;
  readonly type: string;
  readonly actor: string | null;
  readonly transfer_id: string | null;
  readonly resource_kind: ResourceKind | null;
  readonly resource_hash: string | null;
  /** Whose auditors see it besides those of all centers; null for nobody's. */
  readonly center_key: string | null;
  /** False for a type or data that this version does not understand: the entry is kept, no view shows it. */
  readonly folded: boolean;
}

/** What the views hold so far of everything that the entries speak of. */
export interface Known {
  readonly transfers: ReadonlyMap<string, TransferRecord>;
  /** The center of each resource, by its stream, as the site told it last. */
  readonly centers: ReadonlyMap<string, string | null>;
}

export interface Folded extends Known {
  readonly actions: readonly Action[];
}

/** What entries speak of, so that it can be loaded before they are folded. */
export interface Mentioned {
  readonly transfers: readonly string[];
  readonly resources: readonly string[];
}

/** An entry with the event it is, null where this version does not understand it. */
export interface ReadEntry {
  readonly entry: Entry;
  readonly event: HubExportEvent | null;
}

export function readEntry(entry: Entry): ReadEntry {
  try {
    return { entry, event: parseEvent(entry.type, JSON.parse(entry.dataText)) };
  } catch (error) {
    if (error instanceof ContractFault) return { entry, event: null };
    throw error;
  }
}

export function mentionedIn(entries: readonly ReadEntry[]): Mentioned {
  const transfers = new Set<string>();
  const resources = new Set<string>();
  for (const { entry, event } of entries) {
    const transfer = transferOf(entry) ?? (event?.type === 'CommandRefused' ? event.transfer_id : null);
    if (transfer !== null) transfers.add(transfer);
    const resource = resourceOf(event);
    if (resource !== null) resources.add(resource);
  }
  return { transfers: [...transfers], resources: [...resources] };
}

/** The views after these entries, in the order of the log. */
export function fold(entries: readonly ReadEntry[], known: Known): Folded {
  const transfers = new Map(known.transfers);
  const centers = new Map(known.centers);
  const actions = entries.map(({ entry, event }) => {
    if (event !== null && isTransferEvent(event)) return foldTransfer(entry, event, transfers);
    if (event === null) return actionOf(entry, null, { record: transfers.get(transferOf(entry) ?? '') ?? null });
    if (event.type === 'ResourceReported') centers.set(resourceNameOf(event), event.center_key);
    return actionOf(entry, event.by, aboutOf(event, transfers, centers), true);
  });
  return { transfers, centers, actions };
}

function foldTransfer(entry: Entry, event: TransferEvent, transfers: Map<string, TransferRecord>): Action {
  const id = transferOf(entry);
  const before = id === null ? null : (transfers.get(id) ?? null);
  // A mark that speaks of another transfer than its stream belongs to none.
  const isForeign = event.type === 'ResourceMarked' && event.transfer_id !== id;
  const record = isForeign ? before : evolveRecord(before, event);
  if (id === null || record === null || isForeign) return actionOf(entry, event.by, { record });
  transfers.set(id, record);
  return actionOf(entry, event.by, { record }, true);
}

/** What an event is about. */
interface About {
  readonly record?: TransferRecord | null;
  readonly transferId?: string | null;
  readonly resource?: { readonly resource_kind: ResourceKind | null; readonly resource_hash: string | null };
  readonly center?: string | null;
}

function aboutOf(
  event: Exclude<HubExportEvent, TransferEvent>,
  transfers: ReadonlyMap<string, TransferRecord>,
  centers: ReadonlyMap<string, string | null>,
): About {
  switch (event.type) {
    case 'ResourceReported':
    case 'ResourceWithdrawn':
      return { resource: event, center: centers.get(resourceNameOf(event)) ?? null };
    case 'CommandRefused':
      return refusalAbout(event, transfers, centers);
    case 'NodeRecorded':
    case 'EgressStopped':
    case 'EgressResumed':
      return {};
  }
}

/** A refusal belongs to the center of what was asked for, whoever asked. */
function refusalAbout(
  event: CommandRefused,
  transfers: ReadonlyMap<string, TransferRecord>,
  centers: ReadonlyMap<string, string | null>,
): About {
  const record = transfers.get(event.transfer_id ?? '');
  const resource = event.resource_hash === null && record !== undefined ? record : event;
  const center = record?.center_key ?? centers.get(resourceOf(event) ?? '') ?? null;
  return { transferId: event.transfer_id, resource, center };
}

function actionOf(entry: Entry, by: Actor | null, about: About, folded = false): Action {
  const { record } = about;
  const resource = about.resource ?? record;
  return {
    global_seq: entry.globalSeq,
    recorded_at: entry.recordedAt,
    type: entry.type,
    actor: by === null ? null : actorText(by),
    transfer_id: about.transferId ?? transferOf(entry),
    resource_kind: resource?.resource_kind ?? null,
    resource_hash: resource?.resource_hash ?? null,
    center_key: about.center ?? record?.center_key ?? null,
    folded,
  };
}

const TRANSFER_STREAM = /^transfer-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The transfer whose life the entry belongs to, if any. */
function transferOf({ streamId }: Entry): string | null {
  return TRANSFER_STREAM.exec(streamId)?.[1] ?? null;
}

function isTransferEvent(event: HubExportEvent): event is TransferEvent {
  return Object.hasOwn(TRANSFER_EVENTS, event.type);
}

/** The stream of the resource that an event names. */
function resourceOf(event: HubExportEvent | null): string | null {
  if (event?.type === 'ResourceReported' || event?.type === 'ResourceWithdrawn') return resourceNameOf(event);
  if (event?.type !== 'CommandRefused' || event.resource_kind === null || event.resource_hash === null) return null;
  return resourceStream(event.resource_kind, event.resource_hash);
}

function resourceNameOf({ resource_kind, resource_hash }: ResourceEvent): string {
  return resourceStream(resource_kind, resource_hash);
}
