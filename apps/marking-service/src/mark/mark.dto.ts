import { NestedList, NodeKey, ResourceReference, RESOURCES_PER_COMMAND_MAX } from '@hub-export/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, IsOptional } from 'class-validator';

/** Body of `POST /v1/marks` and `POST /v1/unmarks`; each resource succeeds or is refused alone. */
export class MarkBody {
  @ApiPropertyOptional({ description: 'May be missing where exactly one hub is active.' })
  @IsOptional()
  @NodeKey()
  readonly target_node_key?: string | null;

  @ApiProperty({ description: 'Each by `resource_kind` and either `resource_hash` or `id`.', type: () => [Object] })
  @NestedList(() => ResourceReference, RESOURCES_PER_COMMAND_MAX)
  @ArrayMinSize(1)
  readonly resources: readonly ResourceReference[];
}
