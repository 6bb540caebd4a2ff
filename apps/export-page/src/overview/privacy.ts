import type { Tone } from './resource.js';

/** How well the cases hide among each other, as marking-service counts it from bands. */
export interface PrivacySummary {
  readonly min_k: number;
  readonly eligible_resource_count: number;
  readonly eligible_case_count: number;
  readonly marked_resource_count: number;
  readonly smallest_equivalence_class_size: number | null;
  readonly violating_equivalence_class_count: number;
  readonly status: 'pass' | 'warning' | 'unavailable';
}

export function toneOfPrivacy(status: PrivacySummary['status']): Tone {
  switch (status) {
    case 'pass':
      return 'success';
    case 'warning':
      return 'warning';
    case 'unavailable':
      return 'secondary';
  }
}
