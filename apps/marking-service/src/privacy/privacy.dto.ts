import { NestedList, NodeKey, ResourceReference, RESOURCES_PER_COMMAND_MAX } from '@hub-export/contracts';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

/** Body of `POST /v1/privacy-summary`. */
export class PrivacySummaryBody {
  @ApiPropertyOptional({ description: 'The hub that resources are held against; by default the only active one.' })
  @IsOptional()
  @NodeKey()
  readonly target_node_key?: string | null;

  @ApiPropertyOptional({
    description: 'A selection, each by `resource_kind` and either `resource_hash` or `id`; without it, all resources.',
    type: () => [Object],
  })
  @IsOptional()
  @NestedList(() => ResourceReference, RESOURCES_PER_COMMAND_MAX)
  readonly resources?: readonly ResourceReference[];
}
