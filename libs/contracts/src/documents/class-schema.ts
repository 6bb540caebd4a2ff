import { isObject } from '../closed-schema.js';
import 'reflect-metadata';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { JsonObject, JsonValue } from '../canonical-json.js';
import { BASE_URL } from '../nodes/node-document.js';
import { REPORT_ROWS, VIDEO_ROWS } from '../snapshot/rows.js';

type Schemas = { readonly [name: string]: JsonObject };

/** What the reader does with members that are not known; the schema says the same. */
export type Undeclared = 'refused' | 'dropped';

/**
 * The JSON Schema (2020-12) of a contract class, its nested classes under `$defs`; made from the same decorators that
 * the parser uses, so that the two cannot differ.
 */
export function classSchema(type: new () => object, undeclared: Undeclared): JsonObject {
  const all = classSchemas();
  const top = schemaName(type, all);
  const nested = [...reachable(top, all)].filter((name) => name !== top);
  const definitions = nested.map((name) => [name, closed(all[name] ?? {}, undeclared)] as const);
  return {
    ...closed(all[top] ?? {}, undeclared),
    ...(definitions.length === 0 ? {} : { $defs: Object.fromEntries(definitions) }),
  };
}

/** A class without members of its own is known by the class it extends. */
function schemaName(type: new () => object, all: Schemas): string {
  return type.name === '' || type.name in all
    ? type.name
    : schemaName(Object.getPrototypeOf(type) as new () => object, all);
}

function classSchemas(): Schemas {
  const made = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    refPointerPrefix: '#/$defs/',
    additionalConverters: {
      conditionalValidation: (meta) => (isNullable(meta.context) ? { [NULLABLE]: true } : {}),
      // Several patterns of one member must all hold; merged by keyword the last would win.
      matches: ({ constraints }) => ({ type: 'string', [PATTERNS]: { [(constraints[0] as RegExp).source]: true } }),
      isIso8601: () => ({ type: 'string', format: 'date-time' }),
      isDefined: () => ({}),
      isBaseUrl: () => ({ type: 'string', format: 'uri', [PATTERNS]: { [BASE_URL.source]: true } }),
      // What has limits is not any number: its type is told by its own rule.
      min: ({ constraints }) => ({ minimum: constraints[0] as number }),
      max: ({ constraints }) => ({ maximum: constraints[0] as number }),
    },
  });
  return JSON.parse(JSON.stringify(made)) as Schemas;
}

const NULLABLE = 'x-nullable';
const PATTERNS = 'x-patterns';

function isNullable(context: unknown): boolean {
  return typeof context === 'object' && context !== null && 'nullable' in context;
}

function closed(schema: JsonObject, undeclared: Undeclared): JsonObject {
  const members = Object.entries(schema.properties as Schemas);
  const nullable = members.filter(([, member]) => NULLABLE in member).map(([name]) => name);
  const required = [...((schema.required ?? []) as readonly string[]), ...nullable];
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, member]) => [name, memberSchema(name, member, required)])),
    ...(required.length === 0 ? {} : { required: [...required].sort() }),
    ...(undeclared === 'refused' ? { additionalProperties: false } : {}),
  };
}

function memberSchema(name: string, member: JsonObject, required: readonly string[]): JsonObject {
  // The one member that no class describes.
  if (name === 'rows') return { anyOf: [VIDEO_ROWS.json, REPORT_ROWS.json] };
  const { [NULLABLE]: nullable, ...rest } = member;
  const schema = withPatterns(rest);
  // A member that may be missing may be null as well: the validators do not tell the two apart.
  const mayBeNull = nullable === true || !required.includes(name);
  return mayBeNull ? { anyOf: [schema, { type: 'null' }] } : schema;
}

/** Of a member itself, and of each item where it is a list. */
function withPatterns({ [PATTERNS]: patterns, items, ...rest }: JsonObject): JsonObject {
  const told = items === undefined ? {} : { items: isObject(items) ? withPatterns(items) : items };
  return { ...rest, ...told, ...patternsOf(Object.keys(patterns ?? {})) };
}

function patternsOf(patterns: readonly string[]): JsonObject {
  const [only] = patterns;
  if (only === undefined) return {};
  return patterns.length === 1 ? { pattern: only } : { allOf: patterns.map((pattern) => ({ pattern })) };
}

function reachable(name: string, all: Schemas, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const reference of referencesIn(all[name] ?? {})) reachable(reference, all, seen);
  return seen;
}

function referencesIn(value: JsonValue): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]: [string, JsonValue]) =>
    key === '$ref' && typeof member === 'string' ? [member.replace('#/$defs/', '')] : referencesIn(member),
  );
}
