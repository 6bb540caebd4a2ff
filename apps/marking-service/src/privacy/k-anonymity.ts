/** One resource as the privacy summary counts it; bands only, unknown ones form their own class. */
export interface PrivacyCase {
  readonly resource_kind: string;
  readonly resource_hash: string;
  readonly examination_hash: string | null;
  readonly center_key: string | null;
  readonly exam_year: number | null;
  readonly age_band: string | null;
  readonly gender: string | null;
  readonly eligible: boolean;
  readonly marked: boolean;
}

/** What is counted over classes of center, kind, year, band and gender. */
export interface PrivacyCounts {
  readonly eligible_resource_count: number;
  readonly eligible_case_count: number;
  readonly marked_resource_count: number;
  readonly smallest_equivalence_class_size: number | null;
  readonly violating_equivalence_class_count: number;
}

/** `privacy_summary` of the overview. It informs and blocks nothing. */
export interface PrivacySummary extends PrivacyCounts {
  readonly min_k: number;
  readonly passes_k_anonymity: boolean;
  readonly status: 'pass' | 'warning' | 'unavailable';
}

/** Over all resources that are eligible or marked; resources of one examination are one case. */
export function privacySummary(all: readonly PrivacyCase[], minK: number): PrivacySummary {
  const considered = all.filter(({ eligible, marked }) => eligible || marked);
  const classes = new Map<string, Set<string>>();
  for (const one of considered) {
    const name = JSON.stringify([one.center_key, one.resource_kind, one.exam_year, one.age_band, one.gender]);
    const cases = classes.get(name) ?? new Set<string>();
    classes.set(name, cases.add(caseOf(one)));
  }
  const sizes = [...classes.values()].map(({ size }) => size);
  const violating = sizes.filter((size) => size < minK).length;
  const eligible = considered.filter((one) => one.eligible);
  const counts = {
    eligible_resource_count: eligible.length,
    eligible_case_count: new Set(eligible.map(caseOf)).size,
    marked_resource_count: considered.filter(({ marked }) => marked).length,
    smallest_equivalence_class_size: sizes.reduce<number | null>((least, size) => Math.min(least ?? size, size), null),
    violating_equivalence_class_count: violating,
  };
  return verdictOf(counts, minK);
}

/** What the counts come to. */
export function verdictOf(counts: PrivacyCounts, minK: number): PrivacySummary {
  const { smallest_equivalence_class_size: smallest, violating_equivalence_class_count: violating } = counts;
  return {
    min_k: minK,
    ...counts,
    passes_k_anonymity: smallest !== null && violating === 0,
    status: smallest === null ? 'unavailable' : violating === 0 ? 'pass' : 'warning',
  };
}

function caseOf({ examination_hash, resource_kind, resource_hash }: PrivacyCase): string {
  return examination_hash ?? `${resource_kind}:${resource_hash}`;
}
