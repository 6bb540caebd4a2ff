import { Type } from 'class-transformer';
import {
  IsDefined,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Actor } from '../actor.js';
import { NODE_KEY, SHA256_HEX } from '../identity.js';

/** Several decorators under one name. */
function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };
}

/** `null` is allowed and means: there is none. The member itself must be there. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_object: object, value: unknown) => value !== null) as PropertyDecorator;

/** The member may be missing; it was added after the first version of its event. */
export const Later = (): PropertyDecorator => IsOptional() as PropertyDecorator;

export const Sha256 = (): PropertyDecorator => Matches(SHA256_HEX) as PropertyDecorator;

export const NodeKey = (): PropertyDecorator => Matches(NODE_KEY) as PropertyDecorator;

/** A stable code: lower-case words joined by `_`. Texts of hubs, databases and systems never travel. */
export const Code = (): PropertyDecorator => Matches(/^[a-z][a-z0-9_]{0,63}$/) as PropertyDecorator;

export const Count = (): PropertyDecorator => all(IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER));

export const Ordinal = (): PropertyDecorator => all(IsInt(), Min(1), Max(Number.MAX_SAFE_INTEGER));

export const Text = (max: number): PropertyDecorator => all(IsString(), Length(1, max));

/** A moment, ISO 8601 in UTC. */
export const Moment = (): PropertyDecorator => IsISO8601({ strict: true, strictSeparator: true }) as PropertyDecorator;

export const Nested = (type: () => new () => object): PropertyDecorator =>
  all(IsDefined(), ValidateNested(), Type(type) as PropertyDecorator);

/** What every fact says: when, and by whose order. */
export class Fact {
  @Moment()
  readonly at: string;

  @Nested(() => Actor)
  readonly by: Actor;
}
