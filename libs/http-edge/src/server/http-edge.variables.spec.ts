import { readFileSync } from 'node:fs';
import { type ConfigurationError, describeVariables, readVariables } from '@hub-export/environment';
import { httpEdgeOptions, HttpEdgeVariables } from './http-edge.variables.js';

const OIDC = {
  AUTH_MODE: 'oidc',
  AUTH_ISSUER: 'https://id.example/realms/site',
  AUTH_AUDIENCE: 'hub-export',
  AUTH_JWKS_URL: 'https://id.example/keys',
};

describe('the variables of the edge', () => {
  it('stand in the README as they are', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(rowsOf(readme)).toEqual(expect.arrayContaining(rowsOf(describeVariables(HttpEdgeVariables))));
  });

  it('become options, production unless said otherwise', () => {
    const options = httpEdgeOptions(readVariables(HttpEdgeVariables, OIDC), { service: 'sample', version: '1' });
    expect(options).toEqual({
      service: 'sample',
      version: '1',
      production: true,
      auth: {
        mode: 'oidc',
        issuer: OIDC.AUTH_ISSUER,
        audience: OIDC.AUTH_AUDIENCE,
        jwksUrl: OIDC.AUTH_JWKS_URL,
        clockToleranceSeconds: 30,
      },
      logLevel: 'info',
      bodyBytesMax: 1_048_576,
      writesPerMinute: 6_000,
    });
  });

  it('refuse development sign-in in production, said or by default', () => {
    const dev = { AUTH_MODE: 'dev', AUTH_DEV_JWKS_FILE: 'jwks.json' };
    expect(faultyNames(dev)).toEqual(['AUTH_MODE']);
    expect(faultyNames({ ...dev, NODE_ENV: 'production' })).toEqual(['AUTH_MODE']);
    expect(faultyNames({ ...dev, NODE_ENV: 'development' })).toEqual([]);
  });

  it('refuse keys fetched in the clear, except on loopback', () => {
    expect(faultyNames({ ...OIDC, AUTH_JWKS_URL: 'http://id.example/keys' })).toEqual(['AUTH_JWKS_URL']);
    expect(faultyNames({ ...OIDC, AUTH_JWKS_URL: 'http://127.0.0.1:9/keys' })).toEqual([]);
  });

  it('need issuer, audience and keys for oidc', () => {
    expect(faultyNames({ AUTH_MODE: 'oidc' })).toEqual(['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL']);
  });

  it('bound the difference of clocks to a minute', () => {
    expect(faultyNames({ ...OIDC, AUTH_CLOCK_TOLERANCE_SECONDS: '61' })).toEqual(['AUTH_CLOCK_TOLERANCE_SECONDS']);
  });
});

function faultyNames(environment: Record<string, string>): readonly string[] {
  try {
    readVariables(HttpEdgeVariables, environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).faults.map(({ variable }) => variable);
  }
}

/** Prettier aligns the table in the README, so spaces do not count. */
function rowsOf(markdown: string): readonly string[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replaceAll(/\s+/g, ' '));
}
