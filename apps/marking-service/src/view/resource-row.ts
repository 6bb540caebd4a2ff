import { ELIGIBLE_STATES, type ResourceKind } from '@hub-export/contracts';
import { eligibilityOf, type Resource } from '@hub-export/transfer-life';

/** What the pages show of a snapshot beyond the facts in its event; it lies in the snapshot's document alone. */
export interface SnapshotCard {
  readonly center_name: string | null;
  /** May name a person: for the site's own page, never for logs, errors or the bus. */
  readonly file_name: string | null;
  readonly created_at: string | null;
  readonly exam_year: number | null;
  readonly age_band: string | null;
  readonly gender: string | null;
}

export type KnownResource = Exclude<Resource, { status: 'unknown' }>;

/** A resource as lists need it. */
export interface ResourceColumns extends Omit<SnapshotCard, 'created_at'> {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  readonly present: boolean;
  /**
   * The number by which lx-annotate's page names it: the site's own. A resource without one gets the negative place of
   * its first report in the log, which is stable and meets no number of the site.
   */
  readonly number: number;
  /** The site's time of creation; where it does not tell, when it was first reported. */
  readonly created_at: string;
  readonly center_key: string | null;
  readonly anonymization_state: string;
  readonly exportable: boolean;
  /** Both pseudonym hashes are known. */
  readonly pseudonyms: boolean;
  readonly examination_hash: string | null;
  /** The place in the log of the last fact about it. */
  readonly position: number;
}

/** What stays once it was given: the number of a resource without one of the site, and its first report's time. */
export type Earlier = Pick<ResourceColumns, 'number' | 'created_at'>;

export function resourceColumns(
  state: KnownResource,
  card: SnapshotCard,
  earlier: Earlier | null,
  position: number,
): ResourceColumns {
  const { facts } = state;
  const { created_at, ...shown } = card;
  return {
    ...shown,
    resource_kind: facts.resource_kind,
    resource_hash: facts.resource_hash,
    present: state.status === 'present',
    number: facts.local_id ?? (earlier !== null && earlier.number < 0 ? earlier.number : -position),
    created_at: created_at ?? earlier?.created_at ?? state.since,
    center_key: facts.center_key,
    anonymization_state: facts.anonymization_state,
    exportable: isExportable(state),
    pseudonyms: facts.patient_hash !== null && facts.examination_hash !== null,
    examination_hash: facts.examination_hash,
    position,
  };
}

/** A resource after one of its facts, and the place of that fact in the log. */
export interface ResourceStep {
  readonly state: KnownResource;
  readonly position: number;
}

/**
 * The line after several facts, the same as if each had been noted alone.
 * @param cards by the digests of the snapshots
 * @returns null where there are none
 */
export function resourceColumnsAfter(
  steps: readonly ResourceStep[],
  cards: ReadonlyMap<string, SnapshotCard>,
  earlier: Earlier | null,
): ResourceColumns | null {
  let line: ResourceColumns | null = null;
  for (const { state, position } of steps) {
    line = resourceColumns(state, cards.get(state.facts.snapshot_digest) ?? NO_CARD, line ?? earlier, position);
  }
  return line;
}

const NO_CARD: SnapshotCard = {
  center_name: null,
  file_name: null,
  created_at: null,
  exam_year: null,
  age_band: null,
  gender: null,
};

/**
 * Two of the three conditions of the default filtered view (specification, UI Workflow): "anonymized" and "locally
 * complete enough to export". Held against the most generous hub: what a certain hub asks beyond that, and the center,
 * are shown as reasons and do not hide a resource.
 */
export function isExportable(resource: Resource): boolean {
  if (resource.status !== 'present') return false;
  const verdict = eligibilityOf(resource, {
    centerScope: resource.facts.center_key === null ? [] : [resource.facts.center_key],
    owningCenter: resource.facts.center_key,
    acceptedStates: ELIGIBLE_STATES,
    profile: 'endoreg-2.0',
  });
  return verdict.eligible || verdict.reasons.every(({ code }) => code === 'center_missing');
}
