import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';

/** The page writes the hub that it shows; at first it does not know one. */
export class OverviewQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(0, 160)
  readonly target_node_key?: string;
}
