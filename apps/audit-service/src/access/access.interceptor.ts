import type { Principal } from '@hub-export/http-edge';
import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Request } from 'express';
import { concatMap, from, map, type Observable } from 'rxjs';
import { questionOf } from './access.js';
import { AccessService } from './access.service.js';

/** Records a reading once its answer is there and before it is sent; what was refused or unknown was not read. */
@Injectable()
export class AccessRecorder implements NestInterceptor {
  constructor(@Inject(AccessService) private readonly accesses: AccessService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request & { principal?: Principal }>();
    const view = context.getHandler().name;
    const { principal, query, params } = request;
    if (principal === undefined) return next.handle();
    const transfer_id = typeof params['transfer_id'] === 'string' ? params['transfer_id'].toLowerCase() : null;
    const reading = { view, transfer_id, question: questionOf(query) };
    return next
      .handle()
      .pipe(concatMap((answer: unknown) => from(this.accesses.record(principal, reading)).pipe(map(() => answer))));
  }
}
