import { NODE_KEY } from '@hub-export/contracts';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';

export class ReadinessQuery {
  @ApiPropertyOptional({ description: 'The hub that is asked about; without it, every active one.' })
  @IsOptional()
  @Matches(NODE_KEY)
  readonly target_node_key?: string;
}
