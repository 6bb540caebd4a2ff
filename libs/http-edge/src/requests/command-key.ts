import { createHash } from 'node:crypto';

/** What makes two requests the same command. */
export interface CommandScope {
  /** Method and template: `POST /v1/marks`. */
  readonly route: string;
  /** The caller's `sub`: nobody can repeat, or block, another's command. */
  readonly subject: string;
  /** The `Idempotency-Key`. */
  readonly key: string;
  /** Which of several items of one request, where each is a command of its own. */
  readonly item?: string;
}

/** The idempotency key that is stored with the events: 64 hex digits, the same for the same scope and no other. */
export function commandKey({ route, subject, key, item }: CommandScope): string {
  return createHash('sha256')
    .update(JSON.stringify([route, subject, key, item ?? null]))
    .digest('hex');
}
