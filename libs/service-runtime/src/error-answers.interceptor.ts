import { ContractFault } from '@hub-export/contracts';
import { KeyReused } from '@hub-export/event-store';
import { Problem } from '@hub-export/http-edge';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { databaseTrouble, isDocumentTooLarge } from './database-trouble.js';

/** What callers of HTTP are told of errors that the edge does not know: contracts, keys, and a database that is away. */
@Injectable()
export class ErrorAnswers implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    return next.handle().pipe(catchError((error: unknown) => throwError(() => answered(error))));
  }
}

function answered(error: unknown): unknown {
  if (error instanceof ContractFault) {
    const errors = error.faults.map(({ field, code }) => ({
      field,
      code,
      detail: 'This is not what the contract says.',
    }));
    return new Problem(400, error.code, 'The document is not what the contract says.', { errors, cause: error });
  }
  if (error instanceof KeyReused) {
    return new Problem(409, 'idempotency_key_reused', 'This idempotency key was used for another command.');
  }
  if (isDocumentTooLarge(error))
    return new Problem(413, 'snapshot_too_large', 'The snapshot is larger than can be kept.');
  const trouble = databaseTrouble(error);
  if (trouble === null) return error;
  const detail =
    trouble === 'schema_missing' ? 'The database has not been migrated yet.' : 'The database does not answer.';
  return new Problem(503, trouble, detail, { retryAfterSeconds: 1, cause: error });
}
