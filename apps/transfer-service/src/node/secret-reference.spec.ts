import { secretSource } from './secret-reference.js';

const SCOPE = { root: '/run/secrets', envPrefix: 'HUB_EXPORT_SECRET_' };

describe('a reference to a secret', () => {
  it('may name a file below the root, and a variable with the prefix', () => {
    expect(secretSource('file:/run/secrets/a/node', SCOPE)).toEqual({ kind: 'file', path: '/run/secrets/a/node' });
    expect(secretSource('file:/run/secrets/node', { ...SCOPE, root: '/run/secrets/' })).toMatchObject({ kind: 'file' });
    expect(secretSource('env:HUB_EXPORT_SECRET_A', SCOPE)).toEqual({ kind: 'variable', name: 'HUB_EXPORT_SECRET_A' });
  });

  it.each([
    'file:/etc/shadow',
    'file:/run/secrets',
    'file:/run/secrets-of-others/node',
    'file:/run/secrets/../shadow',
    'file:/run/secrets/a/../../../etc/shadow',
    'file://run/secrets/../../etc/shadow',
  ])('may not leave the root: %s', (reference) => {
    expect(secretSource(reference, SCOPE)).toBe('outside_secret_root');
  });

  it.each(['env:DATABASE_URL', 'env:HUB_EXPORT_SECRET_', 'env:hub_export_secret_a', 'env:A_HUB_EXPORT_SECRET_A'])(
    'may not name another variable: %s',
    (reference) => {
      expect(secretSource(reference, SCOPE)).toBe('variable_not_allowed');
    },
  );
});
