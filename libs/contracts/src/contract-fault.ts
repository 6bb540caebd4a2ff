/** One thing that is wrong with a document: where, and a stable word for what. Never the submitted value. */
export interface Fault {
  /** Members and list positions joined by dots, as `processed_media.sha256`; empty for the document itself. */
  readonly field: string;
  readonly code: string;
}

/** A document that is wrong everywhere is told this many times so. */
export const FAULTS_MAX = 100;

/** A document is not what the contract says. It bears no submitted value, so it may be shown, logged and recorded. */
export class ContractFault extends Error {
  override readonly name = 'ContractFault';
  readonly faults: readonly Fault[];

  constructor(
    /** `invalid_<what>`, `unknown_event_type` or `privacy_field_forbidden`. */
    readonly code: string,
    faults: readonly Fault[],
  ) {
    super(`The document breaks its contract (${code}).`);
    this.faults = faults.slice(0, FAULTS_MAX);
  }
}

export const PRIVACY_FIELD_FORBIDDEN = 'privacy_field_forbidden';

/** @throws {ContractFault} if there are faults; a forbidden field of a person decides the code of the whole. */
export function refuseFaults(what: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const privacy = faults.some(({ code }) => code === PRIVACY_FIELD_FORBIDDEN);
  throw new ContractFault(privacy ? PRIVACY_FIELD_FORBIDDEN : `invalid_${what}`, faults);
}

/** The faults of a member, told from the document that holds it. */
export function within(member: string | number, faults: readonly Fault[]): readonly Fault[] {
  if (faults.length === 0) return faults;
  return faults.map(({ field, code }) => ({ field: field === '' ? String(member) : `${member}.${field}`, code }));
}

/** The name of an undeclared member. A key can be a value in disguise, so only what looks like a name is repeated. */
export function undeclaredName(key: string): string {
  return /^[a-z][a-z0-9_]{0,63}$/.test(key) ? key : '?';
}
