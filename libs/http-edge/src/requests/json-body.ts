import { Problem } from '../problems/problem.js';

/** No input nests deeper than this. */
export const JSON_DEPTH_MAX = 64;

/** These names reach into prototypes wherever an object is copied carelessly. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A body as JSON: UTF-8, an object or a list, without prototype keys, nested at most 64 deep.
 *
 * @throws Problem 400 `invalid_json`
 */
export function parseJsonBody(bytes: Uint8Array): object {
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null) throw invalidJson('The body must be a JSON object or list.');
  requirePlain(value);
  return value;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the input.
    throw invalidJson('The body is not JSON in UTF-8.');
  }
}

/** Level by level instead of by recursion, so that no input can exhaust the stack. */
function requirePlain(root: object): void {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > JSON_DEPTH_MAX) throw invalidJson(`The body nests deeper than ${JSON_DEPTH_MAX} levels.`);
    const below: object[] = [];
    for (const container of level) {
      if (!Array.isArray(container) && Object.keys(container).some((key) => PROTOTYPE_KEYS.has(key))) {
        throw invalidJson('The body has a key that is never taken.');
      }
      for (const member of Object.values(container) as unknown[]) {
        if (typeof member === 'object' && member !== null) below.push(member);
      }
    }
    level = below;
  }
}

function invalidJson(detail: string): Problem {
  return new Problem(400, 'invalid_json', detail);
}
