import { isJsonObject, type JsonObject } from '../json.js';
import { type Step } from '../journal/record.js';

/** `before`: the hub has not looked at the request yet; `after`: it has done all it does, except for answering. */
export type FaultMoment = 'before' | 'after';

/** What goes wrong. */
export type FaultAction =
  /** The TCP connection is reset as soon as it is accepted. Takes neither step nor key. */
  | { readonly type: 'refuse-connection' }
  /** The connection is reset when the head of the request has arrived. Nothing is applied. */
  | { readonly type: 'reset' }
  /** The body is never read and nothing is answered. */
  | { readonly type: 'never-read' }
  | { readonly type: 'delay'; readonly ms: number; readonly when: FaultMoment }
  /** The whole body is read, and no answer ever comes. */
  | { readonly type: 'hang'; readonly when: FaultMoment }
  /** The body is read at this pace. */
  | { readonly type: 'throttle'; readonly bytes_per_second: number }
  /** The connection is reset when this many bytes of the body have been read. Nothing is applied. */
  | { readonly type: 'cut-body'; readonly after_bytes: number }
  /** Something else is answered: `body` as it is if it is a text, else as JSON; `fill_bytes` blanks follow it. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly when: FaultMoment;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly fill_bytes?: number;
      /** The answer goes out and the connection is closed without reading the body; with `before` only. */
      readonly unread?: boolean;
    }
  /** Everything is applied, and the connection is reset instead of answering. */
  | { readonly type: 'lose-answer' }
  /** Everything is applied, and the connection is reset after this many bytes of the answer's body. */
  | { readonly type: 'cut-answer'; readonly after_bytes: number }
  /** Everything is applied, and the answer's document says something else. */
  | {
      readonly type: 'lie';
      readonly set?: JsonObject;
      readonly remove?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The transfer is changed for good, after the request was applied and before it is answered. */
  | { readonly type: 'force'; readonly set: JsonObject }
  /** One byte of accepted media is changed before it is stored; the hub answers as if all were well. */
  | { readonly type: 'store-wrong-bytes' };

/** When something goes wrong: for requests of this step and key, after the first few, for so many times. */
export interface FaultRule {
  /** Any step when left out. */
  readonly step?: Exclude<Step, 'other'>;
  /** Any transfer when left out. */
  readonly transfer_key?: string;
  /** So many matching requests are spared first; 0 when left out. */
  readonly after?: number;
  /** How often it happens; once when left out. */
  readonly times?: number | 'forever';
  readonly action: FaultAction;
}

/** At most this many rules stand at a time. */
export const FAULT_RULES_MAX = 1000;
/** No delay is longer than this. */
export const DELAY_MAX_MS = 3_600_000;
/** No answer is filled with more than this. */
export const FILL_MAX_BYTES = 1 << 30;

/** What a registration's fault cannot do when it waits for a key: by then its body has been read. */
export const BODY_ACTIONS: readonly string[] = ['never-read', 'throttle', 'cut-body'];

/** Reads rules out of parsed JSON; throws an error that names the first fault. */
export function parseFaultRules(value: unknown): readonly FaultRule[] {
  if (!Array.isArray(value) || value.length > FAULT_RULES_MAX) throw new Error('rules must be a list.');
  return value.map(parseRule);
}

function parseRule(value: unknown, index: number): FaultRule {
  const wrong = (what: string) => new Error(`rules[${index}] ${what}.`);
  if (!isJsonObject(value)) throw wrong('is no object');
  const { step, transfer_key: key, after, times, action } = value;
  if (step !== undefined && !['create', 'media', 'status'].includes(step as string)) throw wrong('has an unknown step');
  if (key !== undefined && typeof key !== 'string') throw wrong('has a key that is no text');
  if (after !== undefined && !isCount(after)) throw wrong('has a wrong after');
  if (times !== undefined && times !== 'forever' && !isCount(times)) throw wrong('has a wrong times');
  const fault = isJsonObject(action) ? faultOf(action) : 'is missing';
  if (fault !== null) throw wrong(`has an action that ${fault}`);
  const type = (action as JsonObject)['type'] as string;
  if (type === 'refuse-connection' && (step ?? key) !== undefined)
    throw wrong('refuses a connection and names a request');
  if (step === 'create' && key !== undefined && BODY_ACTIONS.includes(type))
    throw wrong('needs the key before the body');
  return value as unknown as FaultRule;
}

function faultOf(action: JsonObject): string | null {
  const needs: Readonly<Record<string, () => boolean>> = {
    'refuse-connection': () => true,
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
    lie: () => action['set'] === undefined || isJsonObject(action['set']),
    force: () => isJsonObject(action['set']),
    'store-wrong-bytes': () => true,
  };
  const check = needs[String(action['type'])];
  if (check === undefined) return 'is unknown';
  return check() ? null : 'lacks what it needs';
}

function isMoment(value: unknown): boolean {
  return value === 'before' || value === 'after';
}

function isCount(value: unknown, max = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function isStatus(value: unknown): boolean {
  return isCount(value, 599) && (value as number) >= 200;
}
