const FRAMES_MAX = 20;
/** A frame as V8 writes it; a line of a message that only looks like one has no place in code. */
const FRAME = /^ {4}at (?:[\w$.<>#[\] ]{1,200} \()?((?:file:\/\/|node:|\/)[^()]{1,400}:\d+:\d+)\)?$/;

/** What may be logged of an error: its name, its code, and where it arose. Never its message, which may hold values. */
export interface ErrorFields {
  readonly error_name: string;
  readonly error_code?: string;
  readonly stack?: readonly string[];
}

/** The loggable part of whatever was thrown. */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { error_name: typeof error };
  const code = codeOf(error);
  return {
    error_name: /^\w{1,80}$/.test(error.name) ? error.name : 'Error',
    ...(code === undefined ? {} : { error_code: code }),
    stack: framesOf(error),
  };
}

/** `ECONNREFUSED`, `23505`, `ERR_…`: codes of Node and PostgreSQL are from closed sets. */
function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(code) ? code : undefined;
}

function framesOf(error: Error): readonly string[] {
  const stack = (error.stack ?? '').replace(error.message, '');
  const frames = stack.split('\n').filter((line) => FRAME.test(line));
  return frames.slice(0, FRAMES_MAX).map((line) => line.trim());
}
