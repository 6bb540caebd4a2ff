import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Refusal } from '@hub-export/event-sourcing';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsString, Length, ValidateNested } from 'class-validator';
import { parseCursor } from '../paging/cursor.js';
import { PageQuery } from '../paging/page.dto.js';
import { Problem } from '../problems/problem.js';
import { BodyLimit } from '../requests/body.interceptor.js';
import { currentCorrelationId } from '../requests/correlation.context.js';
import { IdempotencyKey } from '../requests/idempotency-key.decorator.js';
import { createHttpApp } from '../server/http-app.server.js';
import { createHttpEdge, type HttpEdge, type HttpEdgeOptions } from '../server/http-edge.module.js';
import { CurrentPrincipal, Roles } from '../sign-in/access.decorators.js';
import { createDevSigner, type DevSigner, type DevToken } from '../sign-in/dev.signer.js';
import type { Principal } from '../sign-in/principal.js';

/** A text that must be found in no answer and no log. */
export const CANARY = 'Canary-Müller-1970';

class Item {
  @IsIn(['video', 'report'])
  readonly kind!: string;

  @IsInt()
  readonly local_id!: number;
}

class Order {
  @IsString()
  @Length(1, 10)
  readonly name!: string;

  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => Item)
  readonly items!: Item[];
}

class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
}

/** A promise that is resolved from outside. */
export class Deferred {
  readonly promise: Promise<void>;
  resolve!: () => void;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

/** Requests that the sample holds open, and what lets them go. */
export class Gate {
  readonly entered = new Deferred();
  readonly released = new Deferred();
}

export let gate = new Gate();

@Controller('v1/sample')
@Roles('hub_export:read')
export class SampleController {
  @Get('me')
  me(@CurrentPrincipal() { subject, name, roles, centers }: Principal): object {
    return { subject, name, roles: [...roles], centers, correlation_id: currentCorrelationId() };
  }

  @Get('list')
  list(@Query() { limit, cursor }: PageQuery): object {
    return { limit, after: parseCursor(cursor, ['number', 'string']) ?? null };
  }

  @Get('failing/:kind')
  failing(@Param('kind') kind: string): object {
    if (kind === 'refusal') throw new Refusal('already_queued', 'It is queued already.');
    if (kind === 'race') throw new VersionConflict(CANARY);
    if (kind === 'problem') throw new Problem(503, 'hub_busy', 'The hub is busy.', { retryAfterSeconds: 7 });
    if (kind === 'nest') throw new NotFoundException(CANARY);
    if (kind === 'bug') throw new TypeError(`${CANARY}\n    at ${CANARY} (/home/x.ts:1:1)`, { cause: CANARY });
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever is thrown must be answered
    throw CANARY;
  }

  @Get('things/:id')
  thing(@Param('id', ParseUUIDPipe) id: string): object {
    return { id };
  }

  @Get('slow')
  async slow(): Promise<object> {
    gate.entered.resolve();
    await gate.released.promise;
    return { done: true };
  }

  @Post('orders')
  @HttpCode(200)
  @Roles('hub_export:write')
  order(@Body() order: Order, @IdempotencyKey() key: string): object {
    return { items: order.items.length, item_is_typed: order.items.every((item) => item instanceof Item), key };
  }

  @Put('large')
  @Roles('hub_export:site')
  @BodyLimit(4_096)
  large(@Body() order: Order): object {
    return { items: order.items.length };
  }
}

@Controller('v1/operate')
class OperateController {
  @Post()
  @HttpCode(200)
  @Roles('hub_export:operate')
  operate(): object {
    return {};
  }

  @Get('audit')
  @Roles('hub_export:audit')
  audit(): object {
    return {};
  }

  @Get('forgotten')
  forgotten(): object {
    return {};
  }
}

@Module({ controllers: [SampleController, OperateController] })
export class SampleModule {}

/** A sample service with the real edge, without a port of its own. */
export interface Sample {
  readonly app: NestExpressApplication;
  readonly edge: HttpEdge;
  readonly signer: DevSigner;
  /** What was logged so far, entry by entry. */
  logged(): readonly Record<string, unknown>[];
  /** An `Authorization` header for such a caller; by default alice, who may read. */
  bearer(token?: Partial<DevToken>): Promise<string>;
  close(): Promise<void>;
}

/** Starts the sample; `options` replace those of the edge. */
export async function startSample(options: Partial<HttpEdgeOptions> = {}): Promise<Sample> {
  gate = new Gate();
  const folder = await mkdtemp(join(tmpdir(), 'http-edge-'));
  const signer = await createDevSigner(folder);
  const lines: string[] = [];
  const edge = createHttpEdge({
    service: 'sample',
    version: '0.0.1',
    production: false,
    auth: { mode: 'dev', jwksFile: signer.jwksFile },
    logLevel: 'debug',
    bodyBytesMax: 1_024,
    writesPerMinute: 1_000,
    logDestination: { write: (line: string) => void lines.push(line) },
    ...options,
  });
  const app = await createHttpApp(SampleModule, edge);
  await app.init();
  return {
    app,
    edge,
    signer,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    async bearer(token = {}) {
      return `Bearer ${await signer.sign({ sub: 'alice', roles: ['hub_export:read'], ...token })}`;
    },
    async close() {
      await app.close();
      await rm(folder, { recursive: true });
    },
  };
}
