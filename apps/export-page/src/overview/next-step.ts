import type { ResourceItem } from './resource.js';

/** What the next step of a resource depends on, besides itself. */
export interface Circumstances {
  /** Every operational requirement of its hub is fulfilled. */
  readonly ready: boolean;
  readonly egressOpen: boolean;
  /** After how many seconds a mark is queued by itself; null where a person queues it. */
  readonly autoQueueSeconds: number | null;
  readonly nowMs: number;
}

/** What happens to a resource next, or what keeps it: one union, one sentence each in the words. */
export type NextStep =
  | { readonly step: 'mark' }
  | { readonly step: 'blocked'; readonly reasons: readonly string[] }
  | { readonly step: 'send' }
  /** It is queued by itself at that time, and can be taken back until then. */
  | { readonly step: 'queued_by_itself'; readonly at: number }
  /** It was marked, and may not leave any more. */
  | { readonly step: 'marked_blocked'; readonly reasons: readonly string[] }
  | { readonly step: 'held' }
  | { readonly step: 'held_ineligible'; readonly reasons: readonly string[] }
  | { readonly step: 'site_not_ready' }
  | { readonly step: 'egress_stopped' }
  | { readonly step: 'waits_for_sender' }
  | { readonly step: 'registering' }
  | { readonly step: 'awaiting_media' }
  | { readonly step: 'uploading' }
  | { readonly step: 'completed' }
  | { readonly step: 'completed_changed' }
  | { readonly step: 'retried_at'; readonly failure: string; readonly at: number }
  | { readonly step: 'retried_when_eligible'; readonly failure: string; readonly reasons: readonly string[] }
  | { readonly step: 'retry'; readonly failure: string; readonly failureClass: string };

export function nextStepOf(item: ResourceItem, circumstances: Circumstances): NextStep {
  const { transfer, eligible } = item;
  const reasons = item.reasons.map(({ code }) => code);
  if (transfer === null) return eligible ? { step: 'mark' } : { step: 'blocked', reasons };
  switch (transfer.status) {
    case 'marked':
      return markedStep(item, circumstances);
    case 'queued':
      return queuedStep(item, circumstances);
    case 'registering':
    case 'awaiting_media':
    case 'uploading':
      return { step: transfer.status };
    case 'completed':
      return { step: item.content_changed ? 'completed_changed' : 'completed' };
    case 'failed':
      return failedStep(item);
  }
}

function markedStep(item: ResourceItem, { autoQueueSeconds }: Circumstances): NextStep {
  if (!item.eligible) return { step: 'marked_blocked', reasons: item.reasons.map(({ code }) => code) };
  if (autoQueueSeconds === null || item.transfer === null) return { step: 'send' };
  return { step: 'queued_by_itself', at: Date.parse(item.transfer.marked_at) + autoQueueSeconds * 1000 };
}

function queuedStep(item: ResourceItem, { ready, egressOpen }: Circumstances): NextStep {
  const held = item.transfer?.held ?? [];
  if (held.includes('operator')) return { step: 'held' };
  if (held.length > 0) return { step: 'held_ineligible', reasons: item.reasons.map(({ code }) => code) };
  if (!ready) return { step: 'site_not_ready' };
  return { step: egressOpen ? 'waits_for_sender' : 'egress_stopped' };
}

function failedStep({ transfer, reasons }: ResourceItem): NextStep {
  const failure = transfer?.last_failure_code ?? 'unknown';
  const failureClass = transfer?.last_failure_class ?? 'unknown';
  if (transfer?.held.includes('operator')) return { step: 'held' };
  if (transfer?.retryable === true) {
    const { not_before } = transfer;
    if (not_before !== null) return { step: 'retried_at', failure, at: Date.parse(not_before) };
    if (failureClass === 'ineligible') {
      return { step: 'retried_when_eligible', failure, reasons: reasons.map(({ code }) => code) };
    }
  }
  return { step: 'retry', failure, failureClass };
}
