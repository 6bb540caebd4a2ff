import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

/** A JSON object as it came from outside: nothing is known of its values. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object: no list, no null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Hex SHA-256 of a value's canonical JSON: equal values, equal digest, whatever the order of their keys. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? 'undefined')
    .digest('hex');
}
