import { CurrentPrincipal, type Page, type Principal, Problem, Roles } from '@hub-export/http-edge';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CheckpointListQuery, ConsistencyQuery, ProofQuery } from './checkpoint.dto.js';
import {
  type CheckpointAnswer,
  type CheckpointKeyAnswer,
  CheckpointService,
  type ConsistencyAnswer,
  type InclusionAnswer,
} from './checkpoint.service.js';

@ApiTags('audit')
@Controller('v1/audit')
@Roles('hub_export:audit')
export class CheckpointController {
  constructor(@Inject(CheckpointService) private readonly checkpoints: CheckpointService) {}

  @Get('checkpoints')
  @ApiOperation({ summary: 'Signed checkpoints of the record, the latest first.' })
  list(@Query() { limit, cursor }: CheckpointListQuery): Promise<Page<CheckpointAnswer>> {
    return this.checkpoints.list(limit, cursor);
  }

  @Get('checkpoints/latest')
  @ApiOperation({ summary: 'The latest signed checkpoint.' })
  latest(): Promise<CheckpointAnswer> {
    return this.checkpoints.latest();
  }

  @Get('checkpoints/keys')
  @ApiOperation({ summary: 'The public keys of the checkpoints, and from which size on each signed.' })
  keys(): Promise<{ readonly items: readonly CheckpointKeyAnswer[] }> {
    return this.checkpoints.keys();
  }

  @Get('checkpoints/consistency')
  @ApiOperation({ summary: 'What proves that one checkpoint’s record is the beginning of another’s.' })
  consistency(@Query() { from, to }: ConsistencyQuery): Promise<ConsistencyAnswer> {
    return this.checkpoints.consistency(from, to);
  }

  @Get('entries/:global_seq/proof')
  @ApiOperation({ summary: 'What proves that an entry is in the record of a checkpoint.' })
  proof(
    @Param('global_seq') globalSeq: string,
    @Query() { size }: ProofQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<InclusionAnswer> {
    if (!/^[1-9]\d{0,14}$/.test(globalSeq)) {
      throw new Problem(400, 'invalid_position', 'An entry is named by its place in the log, from 1 on.');
    }
    return this.checkpoints.proof(Number(globalSeq), size, principal);
  }
}
