import { ApiProperty } from '@nestjs/swagger';
import type { PrivacySummary } from './k-anonymity.js';

const COUNT = { type: 'integer', minimum: 0 } as const;

/** The answer of `POST /v1/privacy-summary`, and `privacy_summary` of lx-annotate's overview. */
export class PrivacySummaryAnswer implements PrivacySummary {
  @ApiProperty({ type: 'integer', minimum: 2, description: 'The k that classes are held against.' })
  readonly min_k: number;

  @ApiProperty(COUNT)
  readonly eligible_resource_count: number;

  @ApiProperty({ ...COUNT, description: 'Resources of one examination are one case.' })
  readonly eligible_case_count: number;

  @ApiProperty(COUNT)
  readonly marked_resource_count: number;

  @ApiProperty({ ...COUNT, nullable: true, description: 'Null where there is nothing to count.' })
  readonly smallest_equivalence_class_size: number | null;

  @ApiProperty({ ...COUNT, description: 'Classes of fewer than k cases.' })
  readonly violating_equivalence_class_count: number;

  @ApiProperty()
  readonly passes_k_anonymity: boolean;

  @ApiProperty({ enum: ['pass', 'warning', 'unavailable'] })
  readonly status: 'pass' | 'warning' | 'unavailable';
}
