import type { Right } from '../sign-in/signed-in.js';
import type { Egress, TargetReadiness } from '../site/site.js';
import type { ResourceItem } from './resource.js';

/** What an operator can do to a resource, by the names of the services' commands. */
export const ACTS = ['mark', 'queue', 'retry', 'hold', 'release', 'unmark'] as const;
export type Act = (typeof ACTS)[number];

/** Bytes may leave the house as a consequence, so it is asked once more. */
export function leavesTheHouse(act: Act): boolean {
  return act === 'queue' || act === 'retry';
}

/** Whether the resource stands so that the act can be done to it; the services judge anew. */
export function appliesTo(act: Act, { eligible, transfer }: ResourceItem): boolean {
  switch (act) {
    case 'mark':
      return eligible && transfer === null;
    case 'unmark':
      // Also when it is no longer eligible: a mark can always be taken back before queueing.
      return transfer?.status === 'marked';
    case 'queue':
      return transfer?.status === 'marked' && eligible;
    case 'retry':
      return transfer?.status === 'failed';
    case 'hold':
      return isWaiting(transfer) && !transfer.held.includes('operator');
    case 'release':
      return isWaiting(transfer) && transfer.held.includes('operator');
  }
}

function isWaiting(transfer: ResourceItem['transfer']): transfer is NonNullable<ResourceItem['transfer']> {
  return transfer?.status === 'queued' || transfer?.status === 'failed';
}

/** The act that a row offers first. */
export function firstActOf(item: ResourceItem): Act | null {
  return ACTS.find((act) => act !== 'hold' && appliesTo(act, item)) ?? null;
}

/** Why an act cannot be done now, whatever it is done to: the code of what is missing; null where nothing is. */
export function hindranceOf(
  act: Act,
  readiness: Pick<TargetReadiness, 'ready' | 'requirements'> | null,
): string | null {
  if (readiness === null) return act === 'hold' || act === 'unmark' ? null : 'readiness_unknown';
  const failed = readiness.requirements.filter(({ passed }) => !passed).map(({ code }) => code);
  switch (act) {
    case 'mark':
      // A mark names the source and the target; the rest may still be mended before it is queued.
      return failed.find((code) => code === 'active_site_node' || code === 'active_target_hub') ?? null;
    case 'queue':
    case 'retry':
      return failed[0] ?? null;
    case 'unmark':
    case 'hold':
    case 'release':
      return null;
  }
}

/** What comes with the question before something leaves the house. */
export function waitsForEgress(egress: Pick<Egress, 'open'> | null): boolean {
  return egress !== null && !egress.open;
}

export const RIGHT_OF_ACTS: Right = 'write';

/** How one resource of an act ended, whichever service answered. */
export interface ActResult {
  readonly item: ResourceItem;
  readonly outcome: 'done' | 'unchanged' | 'refused';
  readonly code: string | null;
  readonly detail: string | null;
}

export interface ActResults {
  readonly act: Act;
  readonly results: readonly ActResult[];
  readonly position: number;
}

export function resultsBy(outcome: ActResult['outcome'], { results }: ActResults): readonly ActResult[] {
  return results.filter((result) => result.outcome === outcome);
}

/** So many are sent with one request; the services take no more. */
export const PER_REQUEST_MAX = 200;

export function inPortions<Item>(items: readonly Item[], size: number = PER_REQUEST_MAX): readonly (readonly Item[])[] {
  const portions = [];
  for (let from = 0; from < items.length; from += size) portions.push(items.slice(from, from + size));
  return portions;
}
