import { IsIn, IsOptional, IsString, Length, Matches, ValidateIf } from 'class-validator';
import { PLAIN_TEXT } from './closed-schema.js';

/**
 * By whose order something happened ("attributable to a user or explicit system action"): a person as the token names
 * them, or the system with its reason.
 */
export class Actor {
  @IsIn(['user', 'system'])
  readonly kind: 'user' | 'system';

  /** The token's `sub`. */
  @ValidateIf((actor: Actor) => actor.kind === 'user')
  @IsString()
  @Length(1, 255)
  @Matches(PLAIN_TEXT)
  readonly subject?: string;

  /** The name as it was at that moment, if the token had one. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  @Matches(PLAIN_TEXT)
  readonly name?: string | null;

  /** Why the system acted, a stable code. */
  @ValidateIf((actor: Actor) => actor.kind === 'system')
  @IsString()
  @Length(1, 64)
  @Matches(PLAIN_TEXT)
  readonly reason?: string;
}

export function systemActor(reason: string): Actor {
  return { kind: 'system', reason };
}

export function userActor(subject: string, name: string | null): Actor {
  return { kind: 'user', subject, name };
}

/** The actor in a line: `user:<subject>` or `system:<reason>`. */
export function actorText(actor: Actor): string {
  return actor.kind === 'user' ? `user:${actor.subject}` : `system:${actor.reason}`;
}
