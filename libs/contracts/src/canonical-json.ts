import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * The one text of a JSON value: RFC 8785, so that the same value gives the same bytes whatever the order of its keys.
 * @throws {TypeError} for what JSON cannot hold (undefined at the top, NaN, infinities).
 */
export function canonicalJson(value: unknown): string {
  if (isInOrder(value, LEVELS_MAX)) return JSON.stringify(value);
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form.');
  return text;
}

/** Deeper values are left to the library, which needs no stack. */
const LEVELS_MAX = 32;
const LONE_SURROGATE = /\p{Cs}/u;

/** Whether JSON's own text of a value is canonical: keys ascending by their UTF-16 units, nothing that has no such form. */
function isInOrder(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return !LONE_SURROGATE.test(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'boolean';
  if (value === null) return true;
  if (levels === 0 || 'toJSON' in value) return false;
  if (Array.isArray(value)) return value.every((item) => isInOrder(item, levels - 1)) && !hasHoles(value);
  if (!isPlain(value)) return false;
  let last = '';
  for (const [key, member] of Object.entries(value)) {
    if (key < last || LONE_SURROGATE.test(key) || !isInOrder(member, levels - 1)) return false;
    last = key;
  }
  return true;
}

/** Not a boxed number or the like, which JSON writes as what is in it. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function hasHoles(list: readonly unknown[]): boolean {
  for (let place = 0; place < list.length; place += 1) if (!(place in list)) return true;
  return false;
}

/** SHA-256 of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** The digest under which a JSON document is stored and named in events: SHA-256 of its canonical text. */
export function documentDigest(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}
