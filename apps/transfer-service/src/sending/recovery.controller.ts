import { CurrentPrincipal, type Principal, Roles, seesCenter } from '@hub-export/http-edge';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import { CLOCK, type Clock } from '../clock.js';
import type { TransferRow } from '../overview/transfer-row.js';
import { WaitingTransfers } from '../overview/waiting-transfers.query.js';
import { Sweep } from './sweep.worker.js';
import { Ways } from './ways.service.js';

export class RecoveryBody {
  @ApiProperty({ default: false, description: 'Only says what would be done.' })
  @IsOptional()
  @IsBoolean()
  readonly dry_run?: boolean;
}

/** So many of each are shown or taken up in one call. */
const RECOVERY_MAX = 200;

@ApiTags('recovery')
@Controller('v1/recovery')
export class RecoveryController {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly waiting: WaitingTransfers,
    private readonly ways: Ways,
    private readonly sweep: Sweep,
  ) {}

  /** Recovery runs by itself all the time; this asks for a round now and shows what waits. */
  @Post()
  @HttpCode(200)
  @Roles('hub_export:operate')
  @ApiOperation({ summary: 'Takes up what waits or was left behind, now; with `dry_run` it only says what.' })
  async recover(@Body() { dry_run = false }: RecoveryBody, @CurrentPrincipal() principal: Principal) {
    const ways = await this.ways.all();
    const [sending, retrying] = await Promise.all([
      this.waiting.underwayOrQueued(RECOVERY_MAX),
      this.waiting.toRetry(ways, this.clock.now(), [], RECOVERY_MAX),
    ]);
    // All of it is taken up, but only the caller's centers are shown.
    const isShown = ({ source_center_key }: TransferRow) => seesCenter(principal, source_center_key);
    const shown = sending.filter(isShown);
    const found = {
      queued: idsOf(shown.filter(({ status }) => status === 'queued')),
      in_flight: idsOf(shown.filter(({ status }) => status !== 'queued')),
      due_for_retry: idsOf(retrying.filter(isShown)),
    };
    const taken = dry_run ? { queued: 0, begun: 0 } : await this.sweep.runOnce();
    return { dry_run, found, taken };
  }
}

function idsOf(rows: readonly { readonly transfer_id: string }[]): readonly string[] {
  return rows.map(({ transfer_id }) => transfer_id);
}
