import { ELIGIBLE_STATES, PROFILE_TRAITS, type TransferStatus } from '@hub-export/contracts';
import type { EligibilityTerms } from '@hub-export/transfer-life';

/** The views of the list; the first is the specification's default filter. */
export const VIEWS = ['exportable', 'blocked', 'in_transfer', 'failed', 'completed', 'all'] as const;
export type View = (typeof VIEWS)[number];

/** On its way to the hub: queued, and not yet at an end. */
export const IN_TRANSFER: readonly TransferStatus[] = ['queued', 'registering', 'awaiting_media', 'uploading'];

/** What of a line decides in which views it stands; lines that agree in all of it are counted together. */
export interface Standing {
  readonly center_key: string | null;
  readonly anonymization_state: string;
  readonly exportable: boolean;
  readonly present: boolean;
  readonly pseudonyms: boolean;
  /** As `marking.resources.standing`. */
  readonly standing: string;
}

/**
 * The views in which a line stands for a hub. The statements of the list say the same in SQL, and a test holds the two
 * against each other.
 */
export function viewsOf(line: Standing, target: string | null, terms: EligibilityTerms): readonly View[] {
  const statuses = statusesOf(line);
  const status = statusFor(line, target);
  const completed = target === null ? Object.values(statuses).includes('completed') : status === 'completed';
  return [
    ...(line.exportable && !completed ? ['exportable' as const] : []),
    ...(line.present && !completed && !isEligible(line, terms) ? ['blocked' as const] : []),
    ...(IN_TRANSFER.includes(status) ? ['in_transfer' as const] : []),
    ...(status === 'failed' ? ['failed' as const] : []),
    ...(completed ? ['completed' as const] : []),
    'all',
  ];
}

/** The status of its transfer to a hub; where none is looked at, of the one that was marked last. */
export function statusFor(line: Pick<Standing, 'standing'>, target: string | null): TransferStatus {
  return statusesOf(line)[target ?? ''] ?? 'not_marked';
}

/** What of the terms can be held against columns: the accepted states, and the centers. */
export interface ColumnTerms {
  readonly accepted: readonly string[];
  readonly centers: readonly string[];
  readonly pseudonymsRequired: boolean;
}

export function columnTerms({ acceptedStates, centerScope, owningCenter, profile }: EligibilityTerms): ColumnTerms {
  const { bindsCenter, pseudonymsRequired } = PROFILE_TRAITS[profile];
  return {
    accepted: ELIGIBLE_STATES.filter((state) => acceptedStates.includes(state)),
    centers: bindsCenter ? centerScope.filter((center) => center === owningCenter) : centerScope,
    pseudonymsRequired,
  };
}

/** `exportable` has asked everything that no hub can narrow. */
function isEligible(line: Standing, terms: EligibilityTerms): boolean {
  const { accepted, centers, pseudonymsRequired } = columnTerms(terms);
  return (
    line.exportable &&
    accepted.includes(line.anonymization_state) &&
    line.center_key !== null &&
    centers.includes(line.center_key) &&
    (line.pseudonyms || !pseudonymsRequired)
  );
}

function statusesOf({ standing }: Pick<Standing, 'standing'>): Readonly<Record<string, TransferStatus>> {
  return JSON.parse(standing) as Readonly<Record<string, TransferStatus>>;
}
