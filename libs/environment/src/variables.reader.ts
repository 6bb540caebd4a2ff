import { readFileSync, statSync } from 'node:fs';
import { validateSync, type ValidationError } from 'class-validator';
import { ConfigurationError, type ConfigurationFault } from './configuration-error.js';
import { type Variable, variablesOf } from './variables.js';

/** A file that holds a secret is no larger than this, in bytes. */
const SECRET_FILE_BYTES_MAX = 65_536;

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables that a class declares; its property names are the variable names. An empty value counts as
 * unset, as compose files write it. Variables that the class does not know are no fault. Rules of class-validator on
 * the same properties are checked too, on every value that could be read.
 *
 * @throws ConfigurationError with every fault at once; it never holds a value.
 */
export function readVariables<Variables extends object>(
  type: new () => Variables,
  environment: Environment,
): Variables {
  const faults: ConfigurationFault[] = [];
  const values = Object.fromEntries(
    variablesOf(type).map((variable) => [variable.name, read(variable, environment, faults)]),
  );
  const variables = Object.assign(new type(), values);
  // Undefined is what is missing, optional or faulty: told already, or nothing to judge.
  const errors = validateSync(variables, { skipUndefinedProperties: true, forbidUnknownValues: false });
  faults.push(...errors.flatMap(faultsOf));
  if (faults.length > 0) throw new ConfigurationError(faults);
  return variables;
}

/**
 * Refuses to start where Node was told not to verify certificates: every TLS promise of the system rests on it.
 *
 * @throws ConfigurationError
 */
export function refuseDisabledTlsVerification(environment: Environment): void {
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new ConfigurationError([
    { variable: 'NODE_TLS_REJECT_UNAUTHORIZED', expected: 'must not be 0: certificates are always verified' },
  ]);
}

function read(variable: Variable, environment: Environment, faults: ConfigurationFault[]): unknown {
  const fault = (expected: string, name = variable.name): undefined => {
    faults.push({ variable: name, expected });
  };
  const fileVariable = `${variable.name}_FILE`;
  const file = variable.secret ? given(environment, fileVariable) : undefined;
  const direct = given(environment, variable.name);
  if (file !== undefined && direct !== undefined) return fault(`must not be given together with ${fileVariable}`);
  const text = file === undefined ? direct : contentOf(file);
  if (file !== undefined && text === undefined) {
    return fault('must name a readable file that holds the secret, not empty and at most 64 KiB', fileVariable);
  }
  if (text === undefined) return isRequired(variable, environment) ? fault(missing(variable)) : variable.default;
  const parsed = variable.parse(text);
  return 'value' in parsed ? parsed.value : fault(parsed.expected, file === undefined ? variable.name : fileVariable);
}

function given(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === '' ? undefined : text;
}

/** The trimmed content, or undefined where there is none to be had: the reason may hold a path and is not told. */
function contentOf(file: string): string | undefined {
  try {
    if (statSync(file).size > SECRET_FILE_BYTES_MAX) return undefined;
    const content = readFileSync(file, 'utf8').trim();
    return content === '' ? undefined : content;
  } catch {
    return undefined;
  }
}

function isRequired(variable: Variable, environment: Environment): boolean {
  if (variable.requiredWhen !== undefined) {
    return Object.entries(variable.requiredWhen).every(([name, value]) => given(environment, name) === value);
  }
  return variable.default === undefined && !variable.optional;
}

function missing({ form, secret, name, requiredWhen }: Variable): string {
  const when = Object.entries(requiredWhen ?? {}).map(([other, value]) => `${other}=${value}`);
  const reason = when.length === 0 ? 'is required' : `is required when ${when.join(' and ')}`;
  return `${reason}: ${form}${secret ? `, or ${name}_FILE with its file` : ''}`;
}

function faultsOf(error: ValidationError): readonly ConfigurationFault[] {
  return Object.values(error.constraints ?? {}).map((message) => ({
    variable: error.property,
    expected: message.startsWith(`${error.property} `) ? message.slice(error.property.length + 1) : message,
  }));
}
