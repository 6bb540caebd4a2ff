import type { FailureClass, FrozenIntent } from '@hub-export/contracts';
import type { Resource } from '@hub-export/transfer-life';
import type { Standing } from '../transfer/situation.service.js';
import type { Failure, Reaction } from './reaction.js';

/** A failure that no answer of the hub is to blame for. */
export function failureOf(failure_class: FailureClass, code: string): Failure {
  return {
    do: 'fail',
    failure_class,
    code,
    http_status: null,
    counted: true,
    retry_after_ms: null,
    outcome_unknown: false,
  };
}

/** The hub has no media of an upload whose end nobody saw: it failed, and is tried again. */
export function notArrived(failure_class: FailureClass, http_status: number): Failure {
  return { ...failureOf(failure_class, 'upload_did_not_arrive'), http_status };
}

/** No byte has left the house, so nothing is unknown. */
export function notBegun(reaction: Reaction): Reaction {
  return reaction.do === 'fail' ? { ...reaction, outcome_unknown: false } : reaction;
}

/** What speaks against sending anything of a transfer, if anything does. */
export function reservationOf({ eligibility, resource }: Standing, frozen: FrozenIntent): Failure | null {
  if (!eligibility.eligible) return failureOf('ineligible', eligibility.reasons[0].code);
  return hasOtherContent(resource, frozen) ? failureOf('integrity', 'content_changed') : null;
}

/** The media was processed anew since the transfer was frozen; it is neither resent in silence nor ignored. */
function hasOtherContent(resource: Resource, frozen: FrozenIntent): boolean {
  return resource.status === 'present' && resource.facts.processed_media.sha256 !== frozen.media_sha256;
}
