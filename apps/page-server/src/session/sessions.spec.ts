import { describe, expect, it } from '@jest/globals';
import type { Principal, TokenVerifier } from '@hub-export/http-edge';
import { type Grant, Sessions, SESSIONS_MAX } from './sessions.service.js';

const IDLE_MS = 60_000;
const LIFETIME_MS = 600_000;

let now = 0;

function sessions(verify: TokenVerifier['verify'] = async (token) => principal(token)): Sessions {
  now = 1_000_000;
  return new Sessions({ verify }, { idleMs: IDLE_MS, lifetimeMs: LIFETIME_MS }, () => now);
}

function principal(subject: string): Principal {
  return { subject, name: null, roles: new Set(), centers: 'all' };
}

function grant(accessToken: string, otherwise: Partial<Grant> = {}): Grant {
  return { accessToken, endsAt: now + LIFETIME_MS * 2, renew: null, idToken: null, ...otherwise };
}

describe('a session', () => {
  it('is found by its id alone', async () => {
    const all = sessions();
    const id = await all.begin(grant('alice'));
    expect((await all.find(id))?.principal.subject).toBe('alice');
    expect(await all.find(`${id}x`)).toBeNull();
    expect(await all.find(undefined)).toBeNull();
  });

  it('begins with a token of this site or not at all', async () => {
    const all = sessions(async () => Promise.reject(new Error('invalid_token')));
    await expect(all.begin(grant('forged'))).rejects.toThrow('invalid_token');
    expect(all.size).toBe(0);
  });

  it('ends when it was not used for long, and in any case after its lifetime', async () => {
    const all = sessions();
    const id = await all.begin(grant('alice'));
    for (let used = 0; used < LIFETIME_MS - IDLE_MS; used += IDLE_MS) {
      now += IDLE_MS;
      expect(await all.find(id)).not.toBeNull();
    }
    now += IDLE_MS;
    expect(await all.find(id)).toBeNull();
    const idle = await all.begin(grant('bob'));
    now += IDLE_MS + 1;
    expect(await all.find(idle)).toBeNull();
    expect(all.size).toBe(0);
  });

  it('renews its token before it ends, once for all that ask at that moment', async () => {
    const all = sessions();
    let renewals = 0;
    const renew = async (): Promise<Grant> => {
      renewals += 1;
      return grant(`alice-${renewals}`);
    };
    const id = await all.begin(grant('alice', { endsAt: now + 10_000, renew }));
    const found = await Promise.all([all.find(id), all.find(id), all.find(id)]);
    expect(found.map((session) => session?.grant.accessToken)).toEqual(['alice-1', 'alice-1', 'alice-1']);
    expect((await all.find(id))?.principal.subject).toBe('alice-1');
    expect(renewals).toBe(1);
  });

  it('outlives a provider that does not answer: by its token while that is good, then by waiting for the provider', async () => {
    const all = sessions();
    let isAway = true;
    const renew = async (): Promise<Grant> => {
      if (isAway) throw new Error('connection refused');
      return grant('alice-1');
    };
    const id = await all.begin(grant('alice', { endsAt: now + 10_000, renew }));
    expect((await all.find(id))?.grant.accessToken).toBe('alice');
    now += 10_000;
    await expect(all.find(id)).rejects.toMatchObject({ status: 503, code: 'sign_in_unavailable' });
    isAway = false;
    expect((await all.find(id))?.grant.accessToken).toBe('alice-1');
  });

  it('is over where its token cannot be renewed', async () => {
    const all = sessions();
    const id = await all.begin(grant('alice', { endsAt: now + 10_000, renew: async () => null }));
    expect(await all.find(id)).toBeNull();
    const last = await all.begin(grant('bob', { endsAt: now }));
    expect(await all.find(last)).toBeNull();
    expect(all.size).toBe(0);
  });

  it('that was used least lately gives way where there are too many', async () => {
    const all = sessions();
    const [first, second] = [await all.begin(grant('first')), await all.begin(grant('second'))];
    for (let more = 2; more < SESSIONS_MAX; more += 1) await all.begin(grant('more'));
    await all.find(first);
    await all.begin(grant('last'));
    expect(all.size).toBe(SESSIONS_MAX);
    expect(await all.find(second)).toBeNull();
    expect(await all.find(first)).not.toBeNull();
  });
});
