import { Problem } from '@hub-export/http-edge';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { databaseTrouble } from '../database/database-errors.js';

/** What callers of HTTP are told when the database is away. */
@Injectable()
export class ErrorAnswers implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    return next.handle().pipe(catchError((error: unknown) => throwError(() => answered(error))));
  }
}

function answered(error: unknown): unknown {
  const trouble = databaseTrouble(error);
  if (trouble === null) return error;
  const detail =
    trouble === 'schema_missing' ? 'The database has not been migrated yet.' : 'The database does not answer.';
  return new Problem(503, trouble, detail, { retryAfterSeconds: 1, cause: error });
}
