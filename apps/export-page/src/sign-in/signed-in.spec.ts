import { signedInFrom } from './signed-in.js';

describe('who is signed in', () => {
  const rightsOf = (...roles: string[]) => [
    ...(signedInFrom({ signed_in: true, subject: 'alice', roles })?.rights ?? []),
  ];

  it('has the rights of the roles, of which only write implies another', () => {
    expect(rightsOf('hub_export:read')).toEqual(['read']);
    expect(rightsOf('hub_export:write')).toEqual(['write', 'read']);
    expect(rightsOf('hub_export:operate', 'hub_export:audit')).toEqual(['operate', 'audit']);
    expect(rightsOf('hub_export:site', 'something')).toEqual([]);
  });

  it('is called by the name, else by the subject', () => {
    expect(signedInFrom({ signed_in: true, subject: 'alice', name: 'Alice' })?.name).toBe('Alice');
    expect(signedInFrom({ signed_in: true, subject: 'alice', name: null })?.name).toBe('alice');
  });

  it('is nobody without a session', () => {
    expect(signedInFrom({ signed_in: false })).toBeNull();
    expect(signedInFrom({ signed_in: true })).toBeNull();
  });
});
