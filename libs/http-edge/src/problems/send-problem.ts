import type { Response } from 'express';
import { correlationIdOf, type EdgeRequest } from '../requests/edge-request.js';
import { problemDocument, PROBLEM_JSON } from './problem-document.js';
import type { Problem } from './problem.js';

/** Answers with a problem document; nothing of the answer may have been sent yet. */
export function sendProblem(request: EdgeRequest, response: Response, problem: Problem): void {
  if (problem.status === 401) response.setHeader('WWW-Authenticate', challengeOf(problem));
  if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(problem.retryAfterSeconds));
  response.status(problem.status).type(PROBLEM_JSON);
  response.send(JSON.stringify(problemDocument(problem, correlationIdOf(request))));
}

/** RFC 6750: without a token no error is named, with a bad one it is. */
function challengeOf({ code }: Problem): string {
  return code === 'invalid_token' ? 'Bearer realm="hub-export", error="invalid_token"' : 'Bearer realm="hub-export"';
}
