import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { errorFields } from '../log/error-fields.js';
import type { Log } from '../log/log.service.js';
import { type EdgeRequest, routeOf } from '../requests/edge-request.js';
import { problemOf } from './problem-of.js';
import { Problem } from './problem.js';
import { sendProblem } from './send-problem.js';

/** The one place where an error becomes an answer. Bugs are logged here, once, without the message's text. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // The bus' own handler must see what happened, to acknowledge, retry or park; Nest would hide it.
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<EdgeRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = problemOf(error) ?? this.bug(error, request);
    if (response.headersSent) {
      // An answer already on its way cannot become a problem; cut off, it cannot be taken for a whole one.
      response.destroy();
      return;
    }
    sendProblem(request, response, problem);
  }

  private bug(error: unknown, request: EdgeRequest): Problem {
    this.log.error({ event: 'request_failed', method: request.method, route: routeOf(request), ...errorFields(error) });
    return new Problem(500, 'internal_error', 'Something went wrong here; the correlation id finds it in the log.');
  }
}
