import type { Actor, ResourceKind } from '@hub-export/contracts';
import { eligibilityOf, type EligibilityTerms, type Gate, type IneligibilityReason } from '@hub-export/transfer-life';
import type { KnownResource, ResourceColumns } from '../view/resource-row.js';
import type { LivingTransfer, TransferMemory } from '../view/transfer-row.js';

/** A line of the view: a resource, and its transfer to the hub that is looked at. */
export interface ViewedResource extends Omit<
  ResourceColumns,
  'exportable' | 'position' | 'present' | 'pseudonyms' | 'examination_hash'
> {
  readonly state: KnownResource;
  readonly transfer: (TransferMemory & { readonly state: LivingTransfer }) | null;
}

/** What the pages show of a transfer. */
export interface TransferItem {
  readonly transfer_id: string;
  readonly transfer_key: string;
  readonly target_node_key: string;
  readonly status: LivingTransfer['status'];
  readonly since: string;
  readonly marked_by: Actor;
  readonly marked_at: string;
  readonly queued_at: string | null;
  readonly attempts: number;
  readonly held: readonly string[];
  readonly last_failure_code: string | null;
  readonly last_failure_class: string | null;
  readonly last_failure_at: string | null;
  readonly retryable: boolean | null;
  readonly not_before: string | null;
  /** Of the media that was frozen; `GET /v1/live` tells how many of them are sent. Null before it is queued. */
  readonly media_size: number | null;
}

/** The first thing in the way of a transfer, from the same rules that decide. */
export interface BlockingGate {
  readonly name: string;
  readonly code: string | null;
  /** What is wrong, for people. */
  readonly sentence: string;
  /** What to do; for some gates the same sentence says both. */
  readonly remedy: string;
  readonly who: string | null;
}

/** What the pages show of a resource. */
export interface ResourceItem {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly local_id: number | null;
  readonly status: 'present' | 'withdrawn';
  readonly source_version: number;
  readonly center_key: string | null;
  readonly center_name: string | null;
  readonly anonymization_state: string;
  readonly processed_media: { readonly present: boolean; readonly size: number | null; readonly sha256: string | null };
  readonly segment_status: string | null;
  readonly created_at: string;
  readonly changed_at: string;
  readonly eligible: boolean;
  readonly reasons: readonly IneligibilityReason[];
  /** The processed media is another than the transfer froze; it is neither resent nor ignored. */
  readonly content_changed: boolean;
  readonly transfer: TransferItem | null;
  /** Null where nothing is in the way: it is on its way, or has arrived. */
  readonly blocking_gate: BlockingGate | null;
  /** The site's own file name; null unless the site has switched them on. */
  readonly file_name: string | null;
  readonly privacy: {
    readonly exam_year: number | null;
    readonly age_band: string | null;
    readonly gender: string | null;
  };
}

/** What every item of a list is held against. */
export interface ItemContext {
  readonly terms: EligibilityTerms;
  readonly gatesOf: (viewed: ViewedResource) => readonly Gate[];
  readonly showsFileNames: boolean;
}

export function resourceItem(viewed: ViewedResource, { terms, gatesOf, showsFileNames }: ItemContext): ResourceItem {
  const { state, transfer } = viewed;
  const { facts } = state;
  const { present, size, sha256 } = facts.processed_media;
  const verdict = eligibilityOf(state, terms);
  return {
    resource_kind: viewed.resource_kind,
    resource_hash: viewed.resource_hash,
    local_id: facts.local_id,
    status: state.status,
    source_version: facts.source_version,
    center_key: viewed.center_key,
    center_name: viewed.center_name,
    anonymization_state: viewed.anonymization_state,
    processed_media: { present, size, sha256 },
    segment_status: facts.segment_status,
    created_at: viewed.created_at,
    changed_at: state.since,
    eligible: verdict.eligible,
    reasons: verdict.eligible ? [] : verdict.reasons,
    content_changed:
      transfer !== null && frozenMedia(transfer.state) !== null && frozenMedia(transfer.state) !== sha256,
    transfer: transfer === null ? null : transferItem(transfer),
    blocking_gate: blockingGate(gatesOf(viewed), transfer?.state.status, verdict.eligible ? [] : verdict.reasons),
    file_name: showsFileNames ? viewed.file_name : null,
    privacy: { exam_year: viewed.exam_year, age_band: viewed.age_band, gender: viewed.gender },
  };
}

function frozenMedia(transfer: LivingTransfer): string | null {
  return transfer.status === 'marked' ? null : transfer.frozen.media_sha256;
}

/** Once bytes are on their way, gates are no longer asked one by one: the attempt itself succeeds or fails. */
function blockingGate(
  gates: readonly Gate[],
  status: LivingTransfer['status'] | undefined,
  reasons: readonly IneligibilityReason[],
): BlockingGate | null {
  if (status === 'registering' || status === 'awaiting_media' || status === 'uploading' || status === 'completed') {
    return null;
  }
  const closed = gates.find(({ passed }) => !passed);
  if (closed === undefined) return null;
  const { gate: name, code, remedy, who } = closed;
  return { name, code, sentence: reasons.find((reason) => reason.code === code)?.sentence ?? remedy, remedy, who };
}

function transferItem({ state, ...memory }: TransferMemory & { readonly state: LivingTransfer }): TransferItem {
  const { transfer_id, transfer_key, target_node_key } = state.intent;
  const progress = state.status === 'marked' ? null : state.progress;
  return {
    transfer_id,
    transfer_key,
    target_node_key,
    status: state.status,
    since: state.since,
    marked_by: memory.marked_by,
    marked_at: memory.marked_at,
    queued_at: memory.queued_at,
    attempts: progress?.attempts ?? 0,
    held: progress?.held ?? [],
    last_failure_code: memory.last_failure?.code ?? null,
    last_failure_class: memory.last_failure?.failure_class ?? null,
    last_failure_at: memory.last_failure?.at ?? null,
    retryable: memory.last_failure?.retryable ?? null,
    not_before: state.status === 'failed' ? state.failure.not_before : null,
    media_size: state.status === 'marked' ? null : state.frozen.media_size,
  };
}
