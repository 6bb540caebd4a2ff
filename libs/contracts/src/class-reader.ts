import 'reflect-metadata';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { TransformationType } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import { isObject } from './closed-schema.js';

/** A value as an instance of a class, or undefined where that is not certain: then the validators themselves decide. */
export type ClassReader<T extends object = object> = (value: unknown, levels?: number) => T | undefined;

/** Objects in each other; whatever is nested deeper is left to the validators. */
const LEVELS_MAX = 8;

type Rule = (value: unknown, object: object) => boolean;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

interface Member {
  readonly name: string;
  /** Where one says no, the member's rules are not asked. */
  readonly conditions: readonly ((object: object, value: unknown) => boolean)[];
  readonly rules: readonly Rule[];
  /** Reads the objects that the member holds; none where it holds plain values. */
  readonly nested: ClassReader | null;
}

const readers = new WeakMap<new () => object, ClassReader>();

const uncertain: ClassReader = () => undefined;

/**
 * The quick way to read a right document: the class's own validators, looked up once instead of for each value. It
 * says yes only where transformation and validation would, and gives the same instance; it never says what is wrong.
 */
export function classReader<T extends object>(type: new () => T): ClassReader<T> {
  let reader = readers.get(type);
  if (reader === undefined) {
    const members = membersOf(type);
    reader = members === null ? uncertain : readerOf(type, members);
    readers.set(type, reader);
  }
  return reader as ClassReader<T>;
}

function readerOf(type: new () => object, members: readonly Member[]): ClassReader {
  const byName = new Map(members.map((member) => [member.name, member]));
  const prototype = type.prototype as object;
  return (value, levels = LEVELS_MAX) => {
    if (levels === 0 || !isObject(value)) return undefined;
    const instance = Object.create(prototype) as Record<string, unknown>;
    for (const key of Object.keys(value)) {
      const member = byName.get(key);
      if (member === undefined) return undefined;
      const { nested } = member;
      const taken = nested === null ? plain(value[key]) : objects(value[key], (object) => nested(object, levels - 1));
      if (taken === undefined) return undefined;
      instance[key] = taken;
    }
    return members.every((member) => holds(member, instance)) ? instance : undefined;
  };
}

function holds({ name, conditions, rules }: Member, instance: Readonly<Record<string, unknown>>): boolean {
  const value = instance[name];
  if (!conditions.every((applies) => applies(instance, value))) return true;
  return rules.every((rule) => rule(value, instance));
}

/** A value without members of its own, or a list of such; undefined for any other. */
function plain(value: unknown): unknown {
  if (!Array.isArray(value)) return isPrimitive(value) ? value : undefined;
  return value.every(isPrimitive) ? [...(value as unknown[])] : undefined;
}

function isPrimitive(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** An object or a list of objects as instances; undefined where one is none. */
function objects(value: unknown, read: ClassReader): unknown {
  if (value === null) return value;
  if (!Array.isArray(value)) return read(value);
  const instances = value.map(read);
  return instances.includes(undefined) ? undefined : instances;
}

/** Null where the class says something that this reader does not understand. */
function membersOf(type: new () => object): readonly Member[] | null {
  const storage = getMetadataStorage();
  const declared = storage.groupByPropertyName(storage.getTargetValidationMetadatas(type, '', false, false));
  const names = Object.keys(declared);
  // A member that the class gives a value of its own is not what was sent.
  const given = Object.keys(new type());
  if (names.length === 0 || given.some((name) => names.includes(name)) || isTransformed(type)) return null;
  const members: Member[] = [];
  for (const name of names) {
    const member = memberOf(type, name, declared[name] ?? []);
    if (member === null) return null;
    members.push(member);
  }
  return members;
}

function isTransformed(type: new () => object): boolean {
  const [exposed, excluded] = [
    defaultMetadataStorage.getExposedMetadatas(type),
    defaultMetadataStorage.getExcludedMetadatas(type),
  ];
  return exposed.length + excluded.length > 0 || defaultMetadataStorage.getStrategy(type) !== 'none';
}

const RULES = ['customValidation', 'isDefined'];
const OTHERS = ['conditionalValidation', 'nestedValidation', 'whitelistValidation'];

function memberOf(type: new () => object, name: string, metadatas: readonly Metadata[]): Member | null {
  const known = metadatas.every(({ type: kind, validateIf }) => [...RULES, ...OTHERS].includes(kind) && !validateIf);
  const isNested = metadatas.some(({ type: kind }) => kind === 'nestedValidation');
  // The library tells undefined where there is none, though its types do not.
  const held = defaultMetadataStorage.findTypeMetadata(type, name) as
    ReturnType<typeof defaultMetadataStorage.findTypeMetadata> | undefined;
  const isConverted =
    held?.options?.discriminator !== undefined ||
    defaultMetadataStorage.findTransformMetadatas(type, name, TransformationType.PLAIN_TO_CLASS).length > 0;
  if (!known || isConverted || isNested !== (held?.typeFunction !== undefined)) return null;
  const conditions = metadatas.filter(({ type: kind }) => kind === 'conditionalValidation');
  return {
    name,
    conditions: conditions.map(({ constraints }) => constraints[0] as Member['conditions'][number]),
    rules: metadatas.filter(({ type: kind }) => RULES.includes(kind)).flatMap((metadata) => rulesOf(type, metadata)),
    nested: isNested ? (value, levels) => classReader(held?.typeFunction() as new () => object)(value, levels) : null,
  };
}

function rulesOf(
  type: new () => object,
  { constraintCls, constraints, propertyName, each }: Metadata,
): readonly Rule[] {
  const validators = getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  return validators.map(({ instance }) => (value, object) => {
    const args = { targetName: type.name, property: propertyName, object, value, constraints };
    const isRight = (one: unknown): boolean => instance.validate(one, args) === true;
    return each && Array.isArray(value) ? value.every(isRight) : isRight(value);
  });
}
