import { STATUS_CODES } from 'node:http';
import type { FieldFault, Problem } from './problem.js';

/** The media type of problem documents (RFC 9457). */
export const PROBLEM_JSON = 'application/problem+json';

/** The body of every answer that is no success. */
export interface ProblemDocument {
  /** `urn:hub-export:problem:<code>`; the same for the same kind of problem, and not meant to be fetched. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly correlation_id: string;
  readonly errors?: readonly FieldFault[];
}

/** The problem as its document. */
export function problemDocument({ status, code, detail, errors }: Problem, correlationId: string): ProblemDocument {
  const title = STATUS_CODES[status] ?? 'Error';
  const document = {
    type: `urn:hub-export:problem:${code}`,
    title,
    status,
    code,
    detail,
    correlation_id: correlationId,
  };
  return errors === undefined ? document : { ...document, errors };
}

/** The same as an OpenAPI schema. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'An answer that is no success (RFC 9457). `code` is stable; `detail` is a sentence for people.',
  required: ['type', 'title', 'status', 'code', 'detail', 'correlation_id'],
  properties: {
    type: { type: 'string', example: 'urn:hub-export:problem:invalid_request' },
    title: { type: 'string', example: 'Bad Request' },
    status: { type: 'integer', example: 400 },
    code: { type: 'string', example: 'invalid_request' },
    detail: { type: 'string' },
    correlation_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'code', 'detail'],
        properties: { field: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
