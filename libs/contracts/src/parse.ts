import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { classReader } from './class-reader.js';
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
  const right = undeclared === 'drop' ? classReader(type)(value) : undefined;
  return right === undefined ? readByValidators(type, value, undeclared) : { instance: right, faults: [] };
}

/** As `read`, by the validators alone, which know what is wrong. */
export function readByValidators<T extends object>(
  type: new () => T,
  value: unknown,
  undeclared: 'refuse' | 'drop',
): { readonly instance: T; readonly faults: readonly Fault[] } {
  const nothing = new type();
  if (!isObject(value)) return { instance: nothing, faults: [{ field: '', code: 'is_object' }] };
  const hidden = hiddenFault(value, DEPTH_MAX);
  if (hidden !== null) return { instance: nothing, faults: [{ field: '', code: hidden }] };
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
  // What is of the wrong type has no members to speak of.
  if (rules.length > 0) return [{ field, code: error.value === undefined ? 'required' : ruleCode(rules) }];
  return (error.children ?? []).flatMap((child) => toFaults(child, `${field}.`));
}

/** A value of the wrong type breaks every rule; the type is what is told. */
function ruleCode(rules: readonly string[]): string {
  const told =
    rules.find((rule) => /^is(String|Int|Number|Boolean|Array|Object)$/.test(rule)) ?? [...rules].sort()[0] ?? '';
  if (told === 'nestedValidation') return 'is_object';
  return told.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What the transformation to a class would stumble over, or pass by without a word. */
function hiddenFault(value: unknown, levels: number): 'too_deep' | 'reserved_field' | null {
  if (typeof value !== 'object' || value === null) return null;
  if (levels === 0) return 'too_deep';
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__' || key === 'constructor') return 'reserved_field';
    const hidden = hiddenFault(member, levels - 1);
    if (hidden !== null) return hidden;
  }
  return null;
}
