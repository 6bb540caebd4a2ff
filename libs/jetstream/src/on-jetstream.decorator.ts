import { type ArgumentsHost, applyDecorators, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';

/** Tells Nest which handlers are ours. */
export const JETSTREAM = Symbol('jetstream');

/**
 * The method handles messages whose subject falls under the filter (`*` one token, closing `>` one or more), within what
 * the server's durable is filtered for. It takes the body (`@Payload()`) and a JetStreamContext (`@Ctx()`); it resolves
 * when its effect is safe and rejects when the message is not handled. Several may match; they are called in turn.
 */
export function OnJetStream(filter: string): MethodDecorator {
  return applyDecorators(UseFilters(ErrorsToTransport), EventPattern<string>(filter, JETSTREAM));
}

/** Nest would put "Internal server error" in the place of an error; the transport has to see it to know what it means. */
@Catch()
class ErrorsToTransport implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}
