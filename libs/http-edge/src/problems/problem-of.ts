import { HttpException } from '@nestjs/common';
import { Refusal } from '@hub-export/event-sourcing';
import { Problem } from './problem.js';

/**
 * What a caller is told of an error: a Problem as it says, a Refusal with its code, a lost race as "try again", an error
 * of the framework by its status alone. Anything else is our own bug: undefined, answered as 500 without a word of it.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof Refusal) return ofRefusal(error as Refusal);
  // The store stands below this library's neighbours, so its error is known by its name.
  if (error instanceof Error && error.name === 'VersionConflict') {
    return new Problem(503, 'version_conflict', 'Others changed this at the same time; try again.', {
      retryAfterSeconds: 1,
    });
  }
  if (error instanceof HttpException) return ofStatus(error.getStatus());
  return undefined;
}

function ofRefusal({ code, message }: Refusal): Problem {
  return new Problem(409, code, message);
}

/** The framework's own texts may quote the request, so only the status is taken. */
function ofStatus(status: number): Problem | undefined {
  if (status === 404) return new Problem(404, 'not_found', 'There is nothing here.');
  if (status === 405) return new Problem(405, 'method_not_allowed', 'This method is not allowed here.');
  if (status === 413) return new Problem(413, 'body_too_large', 'The body is larger than this route takes.');
  if (status >= 400 && status < 500) return new Problem(status, 'bad_request', 'The request is not understood.');
  if (status === 503) return new Problem(503, 'unavailable', 'This cannot be answered now.');
  return undefined;
}
