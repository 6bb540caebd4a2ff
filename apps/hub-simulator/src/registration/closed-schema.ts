import { isJsonObject } from '../json.js';

/** One fault of a value: where, what, and the kind of fault. */
export interface SchemaFault {
  readonly path: string;
  readonly message: string;
  readonly value: unknown;
}

/** Reads a value, or reports what is wrong with it. */
export type Shape = (value: unknown, path: string, report: (fault: SchemaFault) => void) => unknown;

/** What a closed object says of one of its keys. */
export interface Field {
  readonly shape: Shape;
  readonly presence: 'required' | 'optional' | { readonly fallback: unknown };
}

/** A list of rows holds at most this many; a larger payload is no registration. */
export const ROWS_MAX = 1_000_000;

/** A key that must be there. */
export function required(shape: Shape): Field {
  return { shape, presence: 'required' };
}

/** A key that may be missing or null; null counts as missing. */
export function optional(shape: Shape): Field {
  return { shape, presence: 'optional' };
}

/** A key that is filled in when it is missing; null is a fault. */
export function defaulted(shape: Shape, fallback: unknown): Field {
  return { shape, presence: { fallback } };
}

/** An object without unknown keys. What it returns is canonical: no nulls, defaults filled in. */
export function closed(fields: Readonly<Record<string, Field>>): Shape {
  return (value, path, report) => {
    if (!isJsonObject(value)) return fail(report, path, 'Input should be a valid dictionary', value);
    const result: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(fields)) {
      const read = readField(field, value[key], join(path, key), report);
      if (read !== undefined) result[key] = read;
    }
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key)) fail(report, join(path, key), 'Extra inputs are not permitted', value[key]);
    }
    return result;
  };
}

/** A list in which each element has the shape. */
export function listOf(shape: Shape): Shape {
  return (value, path, report) => {
    if (!Array.isArray(value) || value.length > ROWS_MAX) {
      return fail(report, path, 'Input should be a valid list', value);
    }
    return value.map((element: unknown, index) => shape(element, join(path, String(index)), report));
  };
}

/** Whether something is wrong with a value is told by its faults; an empty list is a yes. */
export function readClosed(shape: Shape, value: unknown): { readonly value: unknown; readonly faults: SchemaFault[] } {
  const faults: SchemaFault[] = [];
  const read = shape(value, '', (fault) => faults.push(fault));
  return { value: read, faults };
}

/** The faults as one text that, like the hub's own, repeats submitted values: no client may log it. */
export function describeFaults(title: string, faults: readonly SchemaFault[]): string {
  const lines = faults.map((fault) => `${fault.path}\n  ${fault.message} [input_value=${shown(fault.value)}]`);
  return `${faults.length} validation error${faults.length === 1 ? '' : 's'} for ${title}\n${lines.join('\n')}`;
}

/** Reports a fault and gives up the value. */
export function fail(report: (fault: SchemaFault) => void, path: string, message: string, value: unknown): undefined {
  report({ path, message, value });
  return undefined;
}

function readField(field: Field, value: unknown, path: string, report: (fault: SchemaFault) => void): unknown {
  if (field.presence === 'optional') return value == null ? undefined : field.shape(value, path, report);
  if (value !== undefined) return field.shape(value, path, report);
  if (field.presence === 'required') return fail(report, path, 'Field required', value);
  return field.presence.fallback;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
