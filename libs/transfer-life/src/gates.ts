import type { Circuit } from './circuit.js';
import type { Egress } from './egress.js';
import type { Eligibility, IneligibilityCode } from './eligibility.js';
import type { Readiness } from './readiness.js';
import type { Resource } from './resource.js';
import { isRunning, type Transfer } from './transfer.js';

export type GateName =
  | 'known'
  | 'in_scope'
  | 'anonymized'
  | 'complete'
  | 'marked'
  | 'queued'
  | 'node_ready'
  | 'hub_reachable'
  | 'egress_open'
  | 'window_open'
  | 'not_held';

/** Who can open a gate. */
export type GateKeeper = 'site' | 'operator' | 'operations' | 'nobody';

/** One of the questions behind "why not?". */
export interface Gate {
  readonly gate: GateName;
  readonly passed: boolean;
  /** The reason where it did not pass, else `null`. */
  readonly code: string | null;
  /** Since when it stands so, where that is known. */
  readonly since: string | null;
  readonly remedy: string;
  readonly who: GateKeeper | null;
}

export interface GateFacts {
  readonly resource: Resource;
  readonly eligibility: Eligibility;
  readonly transfer: Transfer;
  readonly readiness: Readiness;
  /** `null` where the hub was not tried yet. */
  readonly hubReachable: { readonly reachable: boolean; readonly code: string | null; readonly since: string } | null;
  readonly egress: Egress;
  readonly window: { readonly open: boolean; readonly opensAt: string | null };
}

/** What an open circuit says of its hub; a closed one says nothing. */
export function reachabilityOf(circuit: Circuit): GateFacts['hubReachable'] {
  return circuit.status === 'open' ? { reachable: false, code: circuit.code, since: circuit.since } : null;
}

/** The ordered answer to "why not?", from the same rules that decide. */
export function gatesOf(facts: GateFacts): readonly Gate[] {
  const { resource, readiness, hubReachable, egress, window } = facts;
  const resourceSince = resource.status === 'unknown' ? null : resource.since;
  return [
    byReason('known', facts, [], resourceSince),
    byReason('in_scope', facts, IN_SCOPE, resourceSince),
    byReason('anonymized', facts, ANONYMIZED, resourceSince),
    byReason('complete', facts, COMPLETE, resourceSince),
    markedGate(facts.transfer),
    queuedGate(facts.transfer),
    gate(
      'node_ready',
      readiness.ready,
      firstFailed(readiness)?.code ?? null,
      null,
      firstFailed(readiness)?.remedy ?? '',
      'operations',
    ),
    gate(
      'hub_reachable',
      hubReachable?.reachable ?? true,
      hubReachable?.code ?? null,
      hubReachable?.since ?? null,
      'Operations: test the connection to the hub; the sender goes on by itself when it answers.',
      'operations',
    ),
    gate('egress_open', egress.open, 'egress_stopped', egress.since, 'Operations: resume egress.', 'operations'),
    gate('window_open', window.open, 'outside_window', null, 'Wait for the time window of the hub.', 'nobody'),
    heldGate(facts.transfer),
  ];
}

/** Of a resource that is not there nothing can be said, so it passes none of the four gates. */
const NOT_THERE: readonly IneligibilityCode[] = ['unknown_resource', 'resource_withdrawn'];

const IN_SCOPE: readonly IneligibilityCode[] = [
  'center_missing',
  'center_out_of_scope',
  'center_changed',
  'center_not_of_node',
];

const ANONYMIZED: readonly IneligibilityCode[] = [
  'anonymization_state_unknown',
  'not_anonymized',
  'state_not_accepted_by_hub',
  'processing_error',
];

const COMPLETE: readonly IneligibilityCode[] = [
  'processed_media_missing',
  'processed_media_facts_missing',
  'hashes_inconsistent',
  'content_incomplete',
  'pseudonyms_missing',
  'segment_cleanup_pending',
  'segment_cleanup_failed',
];

function byReason(
  name: GateName,
  { eligibility }: GateFacts,
  codes: readonly IneligibilityCode[],
  since: string | null,
): Gate {
  const closedBy = [...NOT_THERE, ...codes];
  const reason = eligibility.eligible ? undefined : eligibility.reasons.find(({ code }) => closedBy.includes(code));
  return gate(name, reason === undefined, reason?.code ?? null, since, reason?.sentence ?? '', 'site');
}

function markedGate(transfer: Transfer): Gate {
  const marked = transfer.status !== 'not_marked';
  return gate('marked', marked, 'not_marked', marked ? transfer.since : null, 'Mark it for upload.', 'operator');
}

function queuedGate(transfer: Transfer): Gate {
  const name = 'queued';
  switch (transfer.status) {
    case 'not_marked':
    case 'marked':
      return gate(name, false, 'not_queued', null, 'Queue it.', 'operator');
    case 'failed': {
      const { retryable, retries_exhausted, not_before } = transfer.failure;
      const code = retries_exhausted ? 'retries_exhausted' : transfer.failure.code;
      const remedy = retryable
        ? `It is tried again by itself${not_before === null ? ' when it is eligible again' : ''}.`
        : 'Mend the cause, then retry it.';
      return gate(name, false, code, transfer.since, remedy, retryable ? 'nobody' : 'operator');
    }
    case 'queued':
    case 'registering':
    case 'awaiting_media':
    case 'uploading':
    case 'completed':
      return gate(name, true, null, transfer.since, '', null);
  }
}

function heldGate(transfer: Transfer): Gate {
  const waiting = transfer.status === 'queued' || transfer.status === 'failed';
  const held = waiting ? transfer.progress.held : [];
  if (held.includes('operator')) return gate('not_held', false, 'held', null, 'Release it.', 'operator');
  if (held.includes('ineligible')) {
    return gate('not_held', false, 'ineligible', null, 'It goes on by itself when it is eligible again.', 'site');
  }
  return gate('not_held', true, null, isRunning(transfer) ? transfer.since : null, '', null);
}

function firstFailed({ requirements }: Readiness) {
  return requirements.find(({ passed }) => !passed);
}

function gate(
  name: GateName,
  passed: boolean,
  code: string | null,
  since: string | null,
  remedy: string,
  who: GateKeeper | null,
): Gate {
  return passed
    ? { gate: name, passed, code: null, since, remedy: '', who: null }
    : { gate: name, passed, code, since, remedy, who };
}
