import { isRejectionCode } from '../envelope/rejection.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { namedFault } from './alphabet.js';
import {
  BODY_ACTIONS,
  CONNECTION_ACTIONS,
  DELAY_MAX_MS,
  FAULT_RULES_MAX,
  FILL_MAX_BYTES,
  type FaultRule,
} from './fault.js';

/** Reads rules out of parsed JSON, each with an action or the name of a fault; an error names the first mistake. */
export function parseFaultRules(value: unknown): readonly FaultRule[] {
  if (!Array.isArray(value) || value.length > FAULT_RULES_MAX) throw new Error('rules must be a list.');
  return value.map(parseRule);
}

function parseRule(value: unknown, index: number): FaultRule {
  const wrong = (what: string) => new Error(`rules[${index}] ${what}.`);
  if (!isJsonObject(value)) throw wrong('is no object');
  const { name, ...rule } = value;
  const named = typeof name === 'string' ? namedFault(name) : undefined;
  if (name !== undefined && named === undefined) throw wrong('names an unknown fault');
  const { step, transfer_key: key, after, times, action } = { ...named, ...rule };
  if (step !== undefined && !['create', 'media', 'status'].includes(step)) throw wrong('has an unknown step');
  if (key !== undefined && typeof key !== 'string') throw wrong('has a key that is no text');
  if (after !== undefined && !isCount(after)) throw wrong('has a wrong after');
  if (times !== undefined && times !== 'forever' && !isCount(times)) throw wrong('has a wrong times');
  const fault = isJsonObject(action) ? faultOf(action) : 'is missing';
  if (fault !== null) throw wrong(`has an action that ${fault}`);
  const type = (action as JsonObject)['type'] as string;
  if (CONNECTION_ACTIONS.includes(type) && (step ?? key) !== undefined) {
    throw wrong('befalls a connection and names a request');
  }
  if (step === 'create' && key !== undefined && BODY_ACTIONS.includes(type))
    throw wrong('needs the key before the body');
  return { ...named, ...rule } as unknown as FaultRule;
}

function faultOf(action: JsonObject): string | null {
  const needs: Readonly<Record<string, () => boolean>> = {
    'refuse-connection': () => true,
    'tls-alert': () => isCount(action['alert'], 255),
    certificate: () => typeof action['cert'] === 'string' && typeof action['key'] === 'string',
    reset: () => true,
    'never-read': () => true,
    delay: () => isMoment(action['when']) && isCount(action['ms'], DELAY_MAX_MS),
    hang: () => isMoment(action['when']),
    throttle: () => isCount(action['bytes_per_second']) && action['bytes_per_second'] !== 0,
    'cut-body': () => isCount(action['after_bytes']),
    answer: () =>
      isMoment(action['when']) && isStatus(action['status']) && isCount(action['fill_bytes'] ?? 0, FILL_MAX_BYTES),
    'lose-answer': () => true,
    'cut-answer': () => isCount(action['after_bytes']),
    'drip-answer': () => isCount(action['bytes_per_second']) && action['bytes_per_second'] !== 0,
    lie: () =>
      isObjectOrNone(action['set']) &&
      isObjectOrNone(action['set_receipt']) &&
      (action['status'] === undefined || isStatus(action['status'])),
    force: () => isJsonObject(action['set']) && (action['when'] === undefined || isMoment(action['when'])),
    forget: () => isMoment(action['when']),
    claim: () => isCount(action['ms'], DELAY_MAX_MS),
    reject: () => isRejectionCode(action['rejection_code']),
    'store-wrong-bytes': () => true,
  };
  const check = needs[String(action['type'])];
  if (check === undefined) return 'is unknown';
  return check() ? null : 'lacks what it needs';
}

function isMoment(value: unknown): boolean {
  return value === 'before' || value === 'after';
}

function isObjectOrNone(value: unknown): boolean {
  return value === undefined || isJsonObject(value);
}

function isCount(value: unknown, max = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function isStatus(value: unknown): boolean {
  return isCount(value, 599) && (value as number) >= 200;
}
