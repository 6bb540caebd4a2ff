import type { ValidationError } from 'class-validator';
import type { FieldFault } from './problem.js';

/** So many faults are told of one request. */
export const FIELD_FAULTS_MAX = 100;

/** What class-validator found, flat, with paths; never a value, and no name of a field that could be a text. */
export function fieldFaults(errors: readonly ValidationError[], path = ''): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  for (const error of errors) {
    if (faults.length >= FIELD_FAULTS_MAX) break;
    const field = path === '' ? shownName(error.property) : `${path}.${shownName(error.property)}`;
    for (const [rule, message] of Object.entries(error.constraints ?? {})) faults.push(faultOf(field, rule, message));
    faults.push(...fieldFaults(error.children ?? [], field));
  }
  return faults.slice(0, FIELD_FAULTS_MAX);
}

function faultOf(field: string, rule: string, message: string): FieldFault {
  // This rule's own message repeats whatever the caller called the field.
  if (rule === 'whitelistValidation') return { field, code: 'unknown_field', detail: 'this field is not known here' };
  return { field, code: rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), detail: message };
}

function shownName(property: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(property) ? property : '(unnamed)';
}
