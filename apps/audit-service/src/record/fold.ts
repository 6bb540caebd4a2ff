import {
  ContractFault,
  type HubExportEvent,
  parseEvent,
  TRANSFER_EVENTS,
  type TransferEvent,
} from '@hub-export/contracts';
import type { Entry } from '../entry/entry.js';
import {
  type Action,
  type Known,
  otherAction,
  resourceNameOf,
  resourceOf,
  transferAction,
  transferOf,
} from './action.js';
import { evolveRecord, type ResourceFacts, type TransferRecord } from './transfer-record.js';

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
  const resources = new Map(known.resources);
  const actions = entries.map(({ entry, event }) => {
    if (event === null) return transferAction(entry, null, transfers.get(transferOf(entry) ?? '') ?? null, false);
    if (isTransferEvent(event)) return foldTransfer(entry, event, transfers, resources);
    if (event.type === 'ResourceReported') {
      const { center_key, patient_hash, examination_hash } = event;
      resources.set(resourceNameOf(event), { center_key, patient_hash, examination_hash });
    }
    return otherAction(entry, event, { transfers, resources });
  });
  return { transfers, resources, actions };
}

function foldTransfer(
  entry: Entry,
  event: TransferEvent,
  transfers: Map<string, TransferRecord>,
  resources: ReadonlyMap<string, ResourceFacts>,
): Action {
  const id = transferOf(entry);
  const before = id === null ? null : (transfers.get(id) ?? null);
  // A mark that speaks of another transfer than its stream belongs to none.
  const isForeign = event.type === 'ResourceMarked' && event.transfer_id !== id;
  const record = isForeign ? before : evolveRecord(before, event, resources.get(resourceOf(event) ?? ''));
  const belongs = id !== null && record !== null && !isForeign;
  if (belongs) transfers.set(id, record);
  return transferAction(entry, event, record, belongs);
}

function isTransferEvent(event: HubExportEvent): event is TransferEvent {
  return Object.hasOwn(TRANSFER_EVENTS, event.type);
}
