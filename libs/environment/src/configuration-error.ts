/** One thing that is wrong with the environment. Never holds the value that was given. */
export interface ConfigurationFault {
  /** The variable's name. */
  readonly variable: string;
  /** A clause that says what is expected, such as `must be an integer from 1 to 65535`. */
  readonly expected: string;
}

/** The environment is wrong. Holds every fault at once, so that one start tells all there is to mend. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly faults: readonly ConfigurationFault[]) {
    super(
      ['The configuration is wrong:', ...faults.map(({ variable, expected }) => `  ${variable} ${expected}`)].join(
        '\n',
      ),
    );
  }
}
