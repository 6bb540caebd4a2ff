import { describe, expect, it } from '@jest/globals';
import { SignInCookie } from './sign-in-cookie.service.js';

const UNDER_WAY = { state: 'state', verifier: 'verifier', nonce: 'nonce', next: '/transfers?view=failed' } as const;

describe('the cookie of a sign-in under way', () => {
  it('brings back what was begun, and shows none of it', async () => {
    const cookies = new SignInCookie(60_000);
    const cookie = await cookies.seal(UNDER_WAY);
    expect(await cookies.open(cookie)).toMatchObject(UNDER_WAY);
    expect(Buffer.from(cookie.replaceAll('.', ''), 'base64url').toString('latin1')).not.toContain('verifier');
  });

  it('is worth nothing when it is changed, too old, of another process, or none', async () => {
    const cookies = new SignInCookie(60_000);
    const cookie = await cookies.seal(UNDER_WAY);
    const parts = cookie.split('.');
    const ciphertext = parts[3] ?? '';
    const changed = [...parts.slice(0, 3), (ciphertext.startsWith('A') ? 'B' : 'A') + ciphertext.slice(1), parts[4]];
    expect(await cookies.open(changed.join('.'))).toBeNull();
    expect(await new SignInCookie(60_000).open(cookie)).toBeNull();
    expect(await cookies.open(undefined)).toBeNull();
    const old = new SignInCookie(-1_000);
    expect(await old.open(await old.seal(UNDER_WAY))).toBeNull();
  });

  it('is small enough for a cookie with the longest way back', async () => {
    const cookie = await new SignInCookie(60_000).seal({ ...UNDER_WAY, next: `/${'x'.repeat(1_023)}` });
    expect(cookie.length).toBeLessThan(3_500);
  });
});
