import { fail, type Shape } from './closed-schema.js';

/*
 * The hub reads most rows laxly: a number may come as a text, a yes as 1 or "true".
 * Segments alone are read strictly; their shapes say so.
 */

const TRUE_TEXTS: readonly string[] = ['1', 'true', 't', 'yes', 'y', 'on'];
const FALSE_TEXTS: readonly string[] = ['0', 'false', 'f', 'no', 'n', 'off'];
const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const HEX_64 = /^[0-9a-fA-F]{64}$/;

/** Any text, the empty one too. */
export const text: Shape = (value, path, report) =>
  typeof value === 'string' ? value : fail(report, path, 'Input should be a valid string', value);

/** A text that is more than blanks. */
export const nonBlank: Shape = (value, path, report) =>
  typeof value === 'string' && value.trim() !== ''
    ? value
    : fail(report, path, 'Input should be a non-blank string', value);

/** A yes or no, also as 0, 1, "true", "off" and the like. */
export const flag: Shape = (value, path, report) => {
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === 1) return value === 1;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (TRUE_TEXTS.includes(word)) return true;
  if (FALSE_TEXTS.includes(word)) return false;
  return fail(report, path, 'Input should be a valid boolean', value);
};

/** 64 hex characters, returned in lower case. */
export const hex64: Shape = (value, path, report) =>
  typeof value === 'string' && HEX_64.test(value)
    ? value.toLowerCase()
    : fail(report, path, 'Input should be 64 hexadecimal characters', value);

/** 64 hex characters, or the empty text, which counts as absent. */
export const hex64OrEmpty: Shape = (value, path, report) => (value === '' ? undefined : hex64(value, path, report));

/** A number of at least `min`. */
export function number(min = -Infinity): Shape {
  return (value, path, report) => {
    const read = toNumber(value);
    if (read === undefined) return fail(report, path, 'Input should be a valid number', value);
    return read >= min ? read : fail(report, path, `Input should be greater than or equal to ${min}`, value);
  };
}

/** A whole number of at least `min`. */
export function integer(min = -Infinity): Shape {
  return (value, path, report) => {
    const read = toNumber(value);
    if (read === undefined || !Number.isInteger(read))
      return fail(report, path, 'Input should be a valid integer', value);
    return read >= min ? read : fail(report, path, `Input should be greater than or equal to ${min}`, value);
  };
}

/** One of the given values, exactly. */
export function oneOf(...allowed: readonly unknown[]): Shape {
  return (value, path, report) =>
    allowed.includes(value) ? value : fail(report, path, `Input should be one of ${JSON.stringify(allowed)}`, value);
}

/** A whole number or a text, kept as it came. */
export const integerOrText: Shape = (value, path, report) =>
  Number.isInteger(value) || typeof value === 'string'
    ? value
    : fail(report, path, 'Input should be a valid integer or string', value);

/** Anything, kept as it came: the schema lets it pass, a later rule may not. */
export const anything: Shape = (value) => value;

/** A whole number of at least `min`, and nothing that merely looks like one. */
export function strictInteger(min: number): Shape {
  return (value, path, report) =>
    Number.isInteger(value) && (value as number) >= min
      ? value
      : fail(report, path, `Input should be a valid integer of at least ${min}`, value);
}

/** A yes or no, and nothing that merely looks like one. */
export const strictFlag: Shape = (value, path, report) =>
  typeof value === 'boolean' ? value : fail(report, path, 'Input should be a valid boolean', value);

/** A whole number or a text that is more than blanks. */
export const strictIdentity: Shape = (value, path, report) =>
  Number.isInteger(value) ? value : nonBlank(value, path, report);

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return DECIMAL.test(value) ? Number(value) : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
