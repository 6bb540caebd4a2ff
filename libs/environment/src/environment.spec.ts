import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Matches } from 'class-validator';
import fc from 'fast-check';
import { ConfigurationError, type ConfigurationFault } from './configuration-error.js';
import { describeVariables } from './describe-variables.js';
import { Secret } from './secret.js';
import {
  BooleanVariable,
  IntegerVariable,
  ListVariable,
  SecretVariable,
  TextVariable,
  UrlVariable,
} from './variables.js';
import { readVariables, refuseDisabledTlsVerification } from './variables.reader.js';

class BaseVariables {
  @IntegerVariable({ description: 'Port to listen on.', min: 0, max: 65_535, default: 3000 })
  readonly PORT!: number;

  @TextVariable({ description: 'How callers sign in.', oneOf: ['oidc', 'dev'] })
  readonly AUTH_MODE!: 'oidc' | 'dev';

  @UrlVariable({ description: 'Keys of the issuer.', protocols: ['https:'], requiredWhen: { AUTH_MODE: 'oidc' } })
  readonly JWKS_URL?: string;
}

class SampleVariables extends BaseVariables {
  @IntegerVariable({ description: 'Port to listen on.', min: 0, max: 65_535, default: 3001 })
  declare readonly PORT: number;

  @SecretVariable({ description: 'Where the record is.', protocols: ['postgres:'] })
  readonly DATABASE_URL!: Secret;

  @ListVariable({ description: 'Accepted states.', default: [] })
  readonly STATES!: readonly string[];

  @BooleanVariable({ description: 'Queue by itself.', default: false })
  readonly AUTO_QUEUE!: boolean;

  @TextVariable({ description: 'A node | its key.', optional: true })
  @Matches(/^[a-z-]+$/, { message: 'must be lower case' })
  readonly NODE_KEY?: string;
}

const COMPLETE = { AUTH_MODE: 'dev', DATABASE_URL: 'postgres://u:hidden@localhost/x', NODE_KEY: 'site-a' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'environment-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('readVariables', () => {
  it('gives typed values and defaults, a subclass overriding the default of its parent', () => {
    const variables = readVariables(SampleVariables, { ...COMPLETE, STATES: 'A, B,', AUTO_QUEUE: 'true', OTHER: 'x' });
    expect(variables).toBeInstanceOf(SampleVariables);
    expect(variables).toMatchObject({ PORT: 3001, AUTH_MODE: 'dev', STATES: ['A', 'B'], AUTO_QUEUE: true });
    expect(variables.DATABASE_URL.reveal()).toBe(COMPLETE.DATABASE_URL);
  });

  it('tells every fault at once, and never a value', () => {
    const given = {
      PORT: '70000x',
      AUTH_MODE: 'oidc',
      DATABASE_URL: 'mysql://hidden',
      AUTO_QUEUE: 'yes',
      NODE_KEY: 'UPPER',
    };
    const error = errorOf(() => readVariables(SampleVariables, given));
    expect(error.faults.map(({ variable }) => variable)).toEqual([
      'PORT',
      'JWKS_URL',
      'DATABASE_URL',
      'AUTO_QUEUE',
      'NODE_KEY',
    ]);
    for (const value of ['70000x', 'hidden', 'yes', 'UPPER']) expect(error.message).not.toContain(value);
    expect(error.message).toContain('PORT must be an integer from 0 to 65535');
    expect(error.message).toContain('JWKS_URL is required when AUTH_MODE=oidc: a URL with https:');
    expect(error.message).toContain('NODE_KEY must be lower case');
  });

  it('does not judge an optional variable that is not given', () => {
    expect(readVariables(SampleVariables, { ...COMPLETE, NODE_KEY: undefined }).NODE_KEY).toBeUndefined();
  });

  it('treats an empty value as unset', () => {
    expect(readVariables(SampleVariables, { ...COMPLETE, PORT: ' ' }).PORT).toBe(3001);
    expect(faultsOf({ ...COMPLETE, AUTH_MODE: '' })).toEqual([
      { variable: 'AUTH_MODE', expected: 'is required: one of oidc, dev' },
    ]);
  });

  it('requires a conditional variable only under its condition', () => {
    expect(readVariables(SampleVariables, COMPLETE).JWKS_URL).toBeUndefined();
    expect(faultsOf({ ...COMPLETE, AUTH_MODE: 'oidc' }).map(({ variable }) => variable)).toEqual(['JWKS_URL']);
  });

  it('refuses a URL that carries credentials, and one of another protocol', () => {
    for (const JWKS_URL of ['https://user:pass@host/', 'http://host/', 'host']) {
      expect(faultsOf({ ...COMPLETE, JWKS_URL }).map(({ variable }) => variable)).toEqual(['JWKS_URL']);
    }
  });

  it('reads a secret from its file, trimmed', () => {
    const file = join(folder, 'secret');
    writeFileSync(file, `\n${COMPLETE.DATABASE_URL}\n`);
    const variables = readVariables(SampleVariables, { ...COMPLETE, DATABASE_URL: undefined, DATABASE_URL_FILE: file });
    expect(variables.DATABASE_URL.reveal()).toBe(COMPLETE.DATABASE_URL);
  });

  it('counts a missing, empty or oversized secret file as a fault, without its path', () => {
    const [empty, large] = [join(folder, 'empty'), join(folder, 'large')];
    writeFileSync(empty, '\n');
    writeFileSync(large, 'x'.repeat(65_537));
    for (const file of [join(folder, 'absent'), empty, large]) {
      const faults = faultsOf({ ...COMPLETE, DATABASE_URL: undefined, DATABASE_URL_FILE: file });
      expect(faults.map(({ variable }) => variable)).toEqual(['DATABASE_URL_FILE']);
      expect(JSON.stringify(faults)).not.toContain(folder);
    }
  });

  it('refuses a secret given twice', () => {
    expect(faultsOf({ ...COMPLETE, DATABASE_URL_FILE: '/nowhere' })).toEqual([
      { variable: 'DATABASE_URL', expected: 'must not be given together with DATABASE_URL_FILE' },
    ]);
  });

  it('reads no file for a variable that is not a secret', () => {
    const file = join(folder, 'port');
    writeFileSync(file, '4000');
    expect(readVariables(SampleVariables, { ...COMPLETE, PORT_FILE: file }).PORT).toBe(3001);
  });

  it('takes an integer exactly when it is decimal and within its bounds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -5, max: 70_000 }).map(String), fc.string({ maxLength: 8 })), (PORT) => {
        const text = PORT.trim();
        const good = text === '' || (/^-?\d+$/.test(text) && Number(text) >= 0 && Number(text) <= 65_535);
        const faults = faultsOf({ ...COMPLETE, PORT });
        expect(faults.length).toBe(good ? 0 : 1);
      }),
    );
  });
});

describe('Secret', () => {
  it('shows itself in no way of printing', () => {
    const secret = new Secret('hidden');
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true }),
      'in a text: ' + String(secret),
    ];
    expect(shown.join()).not.toContain('hidden');
    expect(secret.reveal()).toBe('hidden');
  });
});

describe('refuseDisabledTlsVerification', () => {
  it('refuses 0 alone', () => {
    expect(() => refuseDisabledTlsVerification({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(ConfigurationError);
    expect(() => refuseDisabledTlsVerification({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow();
    expect(() => refuseDisabledTlsVerification({})).not.toThrow();
  });
});

describe('describeVariables', () => {
  it('is the table that READMEs show', () => {
    expect(describeVariables(SampleVariables)).toBe(
      [
        '| Variable | Meaning | Form | Default |',
        '| --- | --- | --- | --- |',
        '| `PORT` | Port to listen on. | an integer from 0 to 65535 | `3001` |',
        '| `AUTH_MODE` | How callers sign in. | one of oidc, dev | required |',
        '| `JWKS_URL` | Keys of the issuer. | a URL with https: and without credentials | required when `AUTH_MODE=oidc` |',
        '| `DATABASE_URL` or `DATABASE_URL_FILE` | Where the record is. | a URL with postgres:, kept secret | required |',
        '| `STATES` | Accepted states. | texts separated by commas, at most 100 | empty |',
        '| `AUTO_QUEUE` | Queue by itself. | true or false | `false` |',
        '| `NODE_KEY` | A node \\| its key. | a text of at most 4096 characters | none |',
      ].join('\n'),
    );
  });
});

function errorOf(work: () => unknown): ConfigurationError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

function faultsOf(environment: Record<string, string | undefined>): readonly ConfigurationFault[] {
  try {
    readVariables(SampleVariables, environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).faults;
  }
}
