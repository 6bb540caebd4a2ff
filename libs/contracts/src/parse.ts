import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { isObject } from './closed-schema.js';
import { type Fault, refuseFaults, undeclaredName } from './contract-fault.js';
import { undeclaredCode } from './privacy.js';

/** No document of ours is nested deeper; the limit keeps hostile nesting away from recursive code. */
const DEPTH_MAX = 16;

/**
 * The document as its class, every rule checked and no undeclared member left.
 * @throws {ContractFault} `invalid_<what>` with all faults at once; nothing else, whatever the value.
 */
export function parse<T extends object>(type: new () => T, what: string, value: unknown): T {
  const { instance, faults } = read(type, value, 'refuse');
  refuseFaults(what, faults);
  return instance;
}

/** As `parse`, but members that are not known are dropped: what a newer version adds must not stop an older reader. */
export function parseTolerant<T extends object>(type: new () => T, what: string, value: unknown): T {
  const { instance, faults } = read(type, value, 'drop');
  refuseFaults(what, faults);
  return instance;
}

/** All faults of a document, for documents that have further rules. */
export function faultsOf<T extends object>(type: new () => T, value: unknown): readonly Fault[] {
  return read(type, value, 'refuse').faults;
}

function read<T extends object>(
  type: new () => T,
  value: unknown,
  undeclared: 'refuse' | 'drop',
): { readonly instance: T; readonly faults: readonly Fault[] } {
  const nothing = new type();
  if (!isObject(value)) return { instance: nothing, faults: [{ field: '', code: 'is_object' }] };
  if (isDeeperThan(DEPTH_MAX, value)) return { instance: nothing, faults: [{ field: '', code: 'too_deep' }] };
  const instance = plainToInstance(type, value);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: undeclared === 'refuse',
    forbidUnknownValues: true,
    validationError: { target: false, value: true },
  });
  return { instance, faults: errors.flatMap((error) => toFaults(error, '')) };
}

/** One fault a member: several broken rules of one value are one mistake. */
function toFaults(error: ValidationError, above: string): readonly Fault[] {
  const rules = Object.keys(error.constraints ?? {});
  if (rules.includes('whitelistValidation')) {
    return [{ field: above + undeclaredName(error.property), code: undeclaredCode(error.property) }];
  }
  const field = above + error.property;
  const own = rules.length === 0 ? [] : [{ field, code: error.value === undefined ? 'required' : ruleCode(rules) }];
  return [...own, ...(error.children ?? []).flatMap((child) => toFaults(child, `${field}.`))];
}

/** A value of the wrong type breaks every rule; the type is what is told. */
function ruleCode(rules: readonly string[]): string {
  const told = rules.find((rule) => /^is(String|Int|Number|Boolean|Array|Object)$/.test(rule)) ?? [...rules].sort()[0] ?? '';
  if (told === 'nestedValidation') return 'is_object';
  return told.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}
