import type { JsonObject, JsonValue } from './canonical-json.js';
import { type Fault, FAULTS_MAX, undeclaredName, within } from './contract-fault.js';
import { undeclaredCode } from './privacy.js';

/**
 * A closed description of a JSON value: no coercion, no undeclared member, all faults at once. Rows and payloads are
 * described so, since they are large lists of strictly typed rows with rules across them.
 */
export interface Schema<T> {
  readonly check: (value: unknown) => readonly Fault[];
  /** The same as JSON Schema 2020-12. */
  readonly json: JsonObject;
  /** Only for the compiler: what a value without faults is. */
  readonly of?: T;
}

export type ValueOf<S> = S extends Schema<infer T> ? T : never;

type Members = { readonly [name: string]: Schema<unknown> };
type ObjectOf<Required extends Members, Optional extends Members> = {
  readonly [Name in keyof Required]: ValueOf<Required[Name]>;
} & { readonly [Name in keyof Optional]?: ValueOf<Optional[Name]> };

const NONE: readonly Fault[] = [];

/** NUL and lone surrogates are no text for databases and canonical JSON. */
export const PLAIN_TEXT = /^[^\0\p{Cs}]*$/u;

/** An object with exactly these members; the second group may be missing. */
export function object<Required extends Members, Optional extends Members = Record<never, never>>(
  required: Required,
  optional?: Optional,
): Schema<ObjectOf<Required, Optional>> {
  const members = new Map<string, Schema<unknown>>(Object.entries({ ...required, ...optional }));
  const names = Object.keys(required);
  return {
    check: (value) => (isObject(value) ? membersOf(value, members, names) : fault('is_object')),
    json: {
      type: 'object',
      properties: Object.fromEntries([...members].map(([name, { json }]) => [name, json])),
      required: names,
      additionalProperties: false,
    },
  };
}

function membersOf(
  value: Readonly<Record<string, unknown>>,
  members: ReadonlyMap<string, Schema<unknown>>,
  required: readonly string[],
): readonly Fault[] {
  let faults = NONE;
  for (const name of required) {
    if (!Object.hasOwn(value, name) || value[name] === undefined)
      faults = [...faults, { field: name, code: 'required' }];
  }
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue;
    if (faults.length >= FAULTS_MAX) break;
    const member = members.get(key);
    const found = member ? within(key, member.check(value[key])) : [undeclared(key)];
    if (found.length > 0) faults = [...faults, ...found];
  }
  return faults;
}

/** A list of at most `max` items. */
export function list<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  return {
    check: (value) => {
      if (!Array.isArray(value)) return fault('is_array');
      if (value.length > max) return fault('array_max_size');
      let faults = NONE;
      for (let position = 0; position < value.length && faults.length < FAULTS_MAX; position++) {
        const found = within(position, item.check(value[position]));
        if (found.length > 0) faults = [...faults, ...found];
      }
      return faults;
    },
    json: { type: 'array', items: item.json, maxItems: max },
  };
}

/** Text that is not blank, 1 to `max` characters, of the given form. */
export function text(max: number, form?: RegExp): Schema<string> {
  return {
    check: (value) => {
      if (typeof value !== 'string') return fault('is_string');
      if (value.length > max) return fault('is_length');
      if (value.trim() === '') return fault('is_not_empty');
      return PLAIN_TEXT.test(value) && (form?.test(value) ?? true) ? NONE : fault('matches');
    },
    json: { type: 'string', minLength: 1, maxLength: max, pattern: (form ?? /\S/).source },
  };
}

/** Text of a fixed form; an empty text is refused only if the form refuses it. */
export function form(pattern: RegExp, max = 255): Schema<string> {
  return {
    check: (value) => {
      if (typeof value !== 'string') return fault('is_string');
      return value.length <= max && pattern.test(value) ? NONE : fault('matches');
    },
    json: { type: 'string', maxLength: max, pattern: pattern.source },
  };
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Schema<number> {
  return {
    check: (value) => {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return fault('is_int');
      return value < min ? fault('min') : value > max ? fault('max') : NONE;
    },
    json: { type: 'integer', minimum: min, maximum: max },
  };
}

/** A finite number, of at least `min` if it is given. */
export function number(min?: number): Schema<number> {
  return {
    check: (value) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) return fault('is_number');
      return min !== undefined && value < min ? fault('min') : NONE;
    },
    json: { type: 'number', ...(min === undefined ? {} : { minimum: min }) },
  };
}

export const boolean: Schema<boolean> = {
  check: (value) => (typeof value === 'boolean' ? NONE : fault('is_boolean')),
  json: { type: 'boolean' },
};

export function oneOf<const T extends JsonValue>(...values: readonly T[]): Schema<T> {
  return {
    check: (value) => (values.some((allowed) => allowed === value) ? NONE : fault('is_in')),
    json: { enum: values },
  };
}

/** `null` means: there is none. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    check: (value) => (value === null ? NONE : schema.check(value)),
    json: { anyOf: [schema.json, { type: 'null' }] },
  };
}

/** Text or number, as hub and site name their rows. */
export function either<A, B>(first: Schema<A>, second: Schema<B>): Schema<A | B> {
  return {
    check: (value) => (first.check(value).length === 0 ? NONE : second.check(value)),
    json: { anyOf: [first.json, second.json] },
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function undeclared(key: string): Fault {
  return { field: undeclaredName(key), code: undeclaredCode(key) };
}

function fault(code: string): readonly Fault[] {
  return [{ field: '', code }];
}
