import { eligibleCondition, resourceConditions, type Statement } from '../resource/resource-list.js';
import type { EligibilityTerms } from '@hub-export/transfer-life';

/** Whose privacy is summed up: all that may be sent to a hub, or a selection of it. */
export interface PrivacyFilter {
  readonly target: string | null;
  readonly terms: EligibilityTerms;
  readonly centers: readonly string[] | 'all';
  readonly minK: number;
  /** Null for all. */
  readonly selection: readonly { readonly resource_kind: string; readonly resource_hash: string }[] | null;
}

/**
 * The counts of `privacySummary` (k-anonymity.ts) as one statement; a test holds the two against each other. Classes and
 * cases are told apart by 64 bits of a hash, so that grouping 100,000 of them needs no sort and no disk.
 */
export function privacyStatement({ target, terms, centers, minK, selection }: PrivacyFilter): Statement {
  const values: unknown[] = [target, minK];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const conditions = resourceConditions(
    { kind: null, state: null, center: null, status: null, q: null, searchesNames: false, target, centers },
    value,
  );
  const selected =
    selection === null
      ? []
      : [
          `(r.resource_kind, r.resource_hash) IN (SELECT * FROM jsonb_to_recordset(${value(JSON.stringify(selection))}::jsonb)
             AS s(resource_kind text, resource_hash text))`,
        ];
  const sql = `WITH considered AS (
      SELECT hashtextextended((r.center_key, r.resource_kind, r.exam_year, r.age_band, r.gender)::text, 0) AS class,
        hashtextextended(coalesce(r.examination_hash, r.resource_kind || ':' || r.resource_hash), 0) AS one_case,
        v.eligible, v.marked
      FROM marking.resources r,
        LATERAL (SELECT ${eligibleCondition(terms, value)} AS eligible,
          (r.standing::jsonb ->> coalesce($1::text, '')) IS NOT NULL AS marked) v
      WHERE ${['r.present', '(v.eligible OR v.marked)', ...conditions, ...selected].join(' AND ')}),
    cases AS (
      SELECT class, one_case, bool_or(eligible) AS eligible,
        count(*) FILTER (WHERE eligible) AS eligible_resources, count(*) FILTER (WHERE marked) AS marked_resources
      FROM considered GROUP BY class, one_case),
    classes AS (SELECT count(*) AS size FROM cases GROUP BY class)
    SELECT (SELECT coalesce(sum(eligible_resources), 0)::integer FROM cases) AS eligible_resource_count,
      (SELECT count(*)::integer FROM (SELECT DISTINCT one_case FROM cases WHERE eligible) e) AS eligible_case_count,
      (SELECT coalesce(sum(marked_resources), 0)::integer FROM cases) AS marked_resource_count,
      (SELECT min(size)::integer FROM classes) AS smallest_equivalence_class_size,
      (SELECT (count(*) FILTER (WHERE size < $2))::integer FROM classes) AS violating_equivalence_class_count`;
  return { sql, values };
}
