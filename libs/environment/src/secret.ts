/** What is shown wherever a secret would be printed. */
const REDACTED = '[redacted]';

/**
 * A value that must not be printed. String conversion, JSON and `util.inspect` all show `[redacted]`;
 * only `reveal()` gives the value, so that every use of it can be found by its name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Hand it to the one client that needs it; never keep, log or compare it elsewhere. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  /** What `console.log` and `util.inspect` print; the symbol is Node's own well-known one. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
