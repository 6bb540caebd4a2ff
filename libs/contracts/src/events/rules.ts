import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsInt,
  IsISO8601,
  IsObject,
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
import { PLAIN_TEXT } from '../closed-schema.js';
import { NODE_KEY, SHA256_HEX } from '../identity.js';

/** Several decorators under one name. */
export function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const decorate of decorators) decorate(target, property);
  };
}

/** `null` is allowed and means: there is none. The member itself must be there. */
export const Nullable = (): PropertyDecorator =>
  ValidateIf((_object: object, value: unknown) => value !== null, { context: { nullable: true } });

/** The member may be missing; it was added after the first version of its event. */
export const Later = (): PropertyDecorator => IsOptional();

export const Sha256 = (): PropertyDecorator => Matches(SHA256_HEX);

export const NodeKey = (): PropertyDecorator => Matches(NODE_KEY);

/** A stable code: lower-case words joined by `_`. Texts of hubs, databases and systems never travel. */
export const Code = (): PropertyDecorator => Matches(/^[a-z][a-z0-9_]{0,63}$/);

export const Count = (): PropertyDecorator => all(IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER));

export const Ordinal = (): PropertyDecorator => all(IsInt(), Min(1), Max(Number.MAX_SAFE_INTEGER));

export const Text = (max: number): PropertyDecorator => all(IsString(), Length(1, max), Matches(PLAIN_TEXT));

/** A moment, ISO 8601 in UTC. */
export const Moment = (): PropertyDecorator =>
  all(IsISO8601({ strict: true, strictSeparator: true }), Matches(/T.+Z$/));

/** One object of that class; a list of them is none, though nested validation alone would let it pass. */
export const Nested = (type: () => new () => object): PropertyDecorator =>
  all(IsDefined(), IsObject(), ValidateNested(), Type(type));

/** At most `max` objects of that class. */
export const NestedList = (type: () => new () => object, max: number): PropertyDecorator =>
  all(IsArray(), ArrayMaxSize(max), IsObject({ each: true }), ValidateNested({ each: true }), Type(type));

/** What every fact says: when, and by whose order. */
export class Fact {
  @Moment()
  readonly at: string;

  @Nested(() => Actor)
  readonly by: Actor;
}
