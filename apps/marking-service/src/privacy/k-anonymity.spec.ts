import { describe, expect, it } from '@jest/globals';
import { type PrivacyCase, privacySummary } from './k-anonymity.js';

describe('the privacy summary', () => {
  it('is unavailable while nothing is eligible or marked', () => {
    expect(privacySummary([one(1, { eligible: false })], 5)).toEqual({
      min_k: 5,
      eligible_resource_count: 0,
      eligible_case_count: 0,
      marked_resource_count: 0,
      smallest_equivalence_class_size: null,
      violating_equivalence_class_count: 0,
      passes_k_anonymity: false,
      status: 'unavailable',
    });
  });

  it('passes with a class of exactly k cases, and warns with one case less', () => {
    expect(privacySummary(several(5), 5)).toMatchObject({
      status: 'pass',
      passes_k_anonymity: true,
      smallest_equivalence_class_size: 5,
    });
    expect(privacySummary(several(4), 5)).toMatchObject({
      status: 'warning',
      passes_k_anonymity: false,
      violating_equivalence_class_count: 1,
    });
  });

  it('counts the resources of one examination as one case', () => {
    const same = several(5).map((resource) => ({ ...resource, examination_hash: 'one examination' }));
    expect(privacySummary(same, 5)).toMatchObject({
      eligible_resource_count: 5,
      eligible_case_count: 1,
      smallest_equivalence_class_size: 1,
      status: 'warning',
    });
  });

  it.each([
    ['center', { center_key: 'center-b' }],
    ['kind', { resource_kind: 'video' }],
    ['year', { exam_year: 2024 }],
    ['age band', { age_band: '70-79' }],
    ['gender', { gender: null }],
  ])('puts another %s into another class, unknown ones too', (_, otherwise) => {
    const summary = privacySummary([...several(5), one(6, otherwise)], 5);
    expect(summary).toMatchObject({ smallest_equivalence_class_size: 1, violating_equivalence_class_count: 1 });
  });

  it('counts a marked resource that became ineligible', () => {
    const summary = privacySummary([one(1, { eligible: false, marked: true })], 5);
    expect(summary).toMatchObject({
      eligible_resource_count: 0,
      marked_resource_count: 1,
      smallest_equivalence_class_size: 1,
    });
  });
});

function several(count: number): readonly PrivacyCase[] {
  return Array.from({ length: count }, (_, number) => one(number));
}

function one(number: number, otherwise: Partial<PrivacyCase> = {}): PrivacyCase {
  return {
    resource_kind: 'report',
    resource_hash: `hash ${number}`,
    examination_hash: null,
    center_key: 'center-a',
    exam_year: 2025,
    age_band: '60-69',
    gender: 'female',
    eligible: true,
    marked: false,
    ...otherwise,
  };
}
