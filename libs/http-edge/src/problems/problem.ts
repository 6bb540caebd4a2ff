/** One fault of an input: where it is, a stable code, and what was expected. Never holds the value. */
export interface FieldFault {
  /** The path in the input, with dots: `resources.0.resource_kind`. */
  readonly field: string;
  readonly code: string;
  readonly detail: string;
}

/** What a Problem may also say. */
export interface ProblemExtras {
  readonly errors?: readonly FieldFault[];
  /** When it makes sense to ask again, in seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The error behind it; for the log's error name only, never shown. */
  readonly cause?: unknown;
}

/**
 * An answer that is no success, thrown at the edge and written as a problem document (RFC 9457). The code is stable and
 * for machines, the detail a sentence for people; neither holds clinical text, names, paths, secrets or submitted values.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly errors: readonly FieldFault[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    { errors, retryAfterSeconds, cause }: ProblemExtras = {},
  ) {
    super(detail, cause === undefined ? {} : { cause });
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
