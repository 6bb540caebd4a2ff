/** What goes with every command, whoever gives it. */
export interface CommandContext {
  /** The idempotency key. */
  readonly key: string;
  readonly correlationId: string;
  /** The event that caused it, or `null` where a person did. */
  readonly causationId: string | null;
}
