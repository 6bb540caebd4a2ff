import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * The one text of a JSON value: RFC 8785, so that the same value gives the same bytes whatever the order of its keys.
 * @throws {TypeError} for what JSON cannot hold (undefined at the top, NaN, infinities).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form.');
  return text;
}

/** SHA-256 of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** The digest under which a JSON document is stored and named in events: SHA-256 of its canonical text. */
export function documentDigest(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}
