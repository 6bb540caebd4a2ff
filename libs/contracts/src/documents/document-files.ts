import type { JsonValue } from '../canonical-json.js';
import { asyncApi } from './async-api.js';
import { jsonSchemas } from './json-schemas.js';

/** The generated documents by their path below `docs/contracts`; keys sorted, so that a change is seen as one. */
export function documentFiles(): ReadonlyMap<string, string> {
  const schemas = Object.entries(jsonSchemas()).map(
    ([name, schema]) => [`schemas/${name}.json`, fileText(schema)] as const,
  );
  return new Map([['asyncapi.json', fileText(asyncApi())], ...schemas]);
}

function fileText(value: JsonValue): string {
  return `${JSON.stringify(withSortedKeys(value), null, 2)}\n`;
}

function withSortedKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => withSortedKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]: [string, JsonValue]) => [key, withSortedKeys(member)]));
}
