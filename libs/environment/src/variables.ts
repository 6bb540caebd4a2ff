import 'reflect-metadata';
import { Secret } from './secret.js';

/** A condition on another variable: the variable is required when that one has this value. */
export type RequiredWhen = Readonly<Record<string, string>>;

/** A converted value, or the clause that says what was expected. */
export type Parsed = { readonly value: unknown } | { readonly expected: string };

/** What a variable can be when it is not given. */
export type DefaultValue = string | number | boolean | readonly string[];

/** What is known of one variable of a class. */
export interface Variable {
  readonly name: string;
  readonly description: string;
  /** What may be given, for people: `an integer from 1 to 65535`. */
  readonly form: string;
  readonly parse: (text: string) => Parsed;
  readonly default: DefaultValue | undefined;
  readonly optional: boolean;
  readonly requiredWhen: RequiredWhen | undefined;
  readonly secret: boolean;
}

/** What every variable can say of itself. Without a default and not optional, it is required. */
export interface Described<Value> {
  /** One sentence for the README: what it means, with its unit. */
  readonly description: string;
  readonly default?: Value;
  /** May be left out; the property is then undefined. */
  readonly optional?: boolean;
  /** Required only when another variable has this value, else optional; a condition instead of `optional`. */
  readonly requiredWhen?: RequiredWhen;
}

/** A whole number in decimal digits. */
export function IntegerVariable(
  options: Described<number> & { readonly min: number; readonly max: number },
): PropertyDecorator {
  const { min, max } = options;
  return variable(options, `an integer from ${min} to ${max}`, (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** A text; `oneOf` closes the set of values. At most 4,096 characters. */
export function TextVariable<Value extends string = string>(
  options: Described<Value> & { readonly oneOf?: readonly Value[] },
): PropertyDecorator {
  const { oneOf } = options;
  const form = oneOf === undefined ? `a text of at most ${TEXT_LENGTH_MAX} characters` : `one of ${oneOf.join(', ')}`;
  return variable(options, form, (text) => (isAllowed(text, oneOf) ? text : undefined));
}

/** `true` or `false`, nothing else: a mistyped `yes` must not silently mean no. */
export function BooleanVariable(options: Described<boolean>): PropertyDecorator {
  return variable(options, 'true or false', (text) => (text === 'true' ? true : text === 'false' ? false : undefined));
}

/** Texts separated by commas, trimmed, without empty entries; at most 100. */
export function ListVariable(
  options: Described<readonly string[]> & { readonly oneOf?: readonly string[] },
): PropertyDecorator {
  const { oneOf } = options;
  const entries = oneOf === undefined ? 'texts' : `any of ${oneOf.join(' ')},`;
  return variable(options, `${entries} separated by commas, at most ${LIST_ENTRIES_MAX}`, (text) => {
    const list = text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    return list.length <= LIST_ENTRIES_MAX && list.every((entry) => isAllowed(entry, oneOf)) ? list : undefined;
  });
}

/** An absolute URL with one of these protocols (`https:`), without user name and password: those belong into a secret. */
export function UrlVariable(options: Described<string> & { readonly protocols: readonly string[] }): PropertyDecorator {
  const { protocols } = options;
  return variable(options, `a URL with ${protocols.join(' or ')} and without credentials`, (text) => {
    const url = urlOf(text, protocols);
    return url !== undefined && url.username === '' && url.password === '' ? text : undefined;
  });
}

/**
 * A value that must not be printed; the property is a `Secret`. `NAME_FILE` may name a file that holds it instead.
 * With `protocols`, the secret must be a URL, as connection strings with credentials are. It has no default in code.
 */
export function SecretVariable(
  options: Omit<Described<never>, 'default'> & { readonly protocols?: readonly string[] },
): PropertyDecorator {
  const { protocols } = options;
  const form = protocols === undefined ? 'a secret' : `a URL with ${protocols.join(' or ')}, kept secret`;
  return variable(
    options,
    form,
    (text) => (protocols === undefined || urlOf(text, protocols) !== undefined ? new Secret(text) : undefined),
    true,
  );
}

/** The variables of a class, those of its ancestors first; one declared again replaces the ancestor's in its place. */
export function variablesOf(type: abstract new () => object): readonly Variable[] {
  const found = new Map<string, Variable>();
  for (const prototype of ancestry(type.prototype as object)) {
    for (const one of ownVariables(prototype)) found.set(one.name, one);
  }
  return [...found.values()];
}

const TEXT_LENGTH_MAX = 4_096;
const LIST_ENTRIES_MAX = 100;
const VARIABLES = Symbol('hub-export:variables');

function variable(
  options: Described<DefaultValue>,
  form: string,
  convert: (text: string) => unknown,
  secret = false,
): PropertyDecorator {
  return (prototype, property) => {
    const declared: Variable = {
      name: String(property),
      description: options.description,
      form,
      parse: (text) => {
        const value = convert(text);
        return value === undefined ? { expected: `must be ${form}` } : { value };
      },
      default: options.default,
      optional: options.optional ?? false,
      requiredWhen: options.requiredWhen,
      secret,
    };
    Reflect.defineMetadata(VARIABLES, [...ownVariables(prototype), declared], prototype);
  };
}

function ownVariables(prototype: object): readonly Variable[] {
  return (Reflect.getOwnMetadata(VARIABLES, prototype) as readonly Variable[] | undefined) ?? [];
}

/** From the eldest to the prototype itself. */
function ancestry(prototype: object): readonly object[] {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return parent === null ? [prototype] : [...ancestry(parent), prototype];
}

function isAllowed(text: string, oneOf: readonly string[] | undefined): boolean {
  return text.length <= TEXT_LENGTH_MAX && (oneOf === undefined || oneOf.includes(text));
}

function urlOf(text: string, protocols: readonly string[]): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return protocols.includes(url.protocol) ? url : undefined;
}
