import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeVariables } from '@hub-export/environment';
import { loadConfig, PageServerVariables } from './config.js';

const DEV = { AUTH_MODE: 'dev', NODE_ENV: 'test', AUTH_DEV_JWKS_FILE: '/run/keys/jwks.json' };
const OIDC = {
  AUTH_MODE: 'oidc',
  AUTH_ISSUER: 'https://id.example/realms/site',
  AUTH_AUDIENCE: 'hub-export',
  AUTH_JWKS_URL: 'https://id.example/certs',
  OIDC_CLIENT_ID: 'export-page',
  PUBLIC_URL: 'https://export.example/somewhere',
};

describe('the configuration', () => {
  it('needs little in development, and has the documented defaults', () => {
    expect(loadConfig(DEV)).toMatchObject({
      host: '127.0.0.1',
      port: 3_000,
      publicUrl: null,
      upstreams: {
        marking: 'http://127.0.0.1:3001',
        transfer: 'http://127.0.0.1:3002',
        audit: 'http://127.0.0.1:3003',
      },
      pageDir: expect.stringMatching(/apps\/export-page\/dist\/page$/),
      page: { showsFileNames: false, autoQueue: false, reversibilityWindowSeconds: 300, kAnonymityMin: 5 },
      signIn: { mode: 'dev', keysFolder: '/run/keys' },
      sessions: { idleMs: 3_600_000, lifetimeMs: 43_200_000 },
    });
  });

  it('keeps the client’s secret to itself', () => {
    const config = loadConfig({ ...OIDC, OIDC_CLIENT_SECRET: 'Canary' });
    expect(config.signIn).toMatchObject({ mode: 'oidc', issuer: OIDC.AUTH_ISSUER, clientId: 'export-page' });
    expect(config.publicUrl).toBe('https://export.example');
    expect(JSON.stringify(config)).not.toContain('Canary');
  });

  it('tells every fault at once', () => {
    const { OIDC_CLIENT_ID: _, PUBLIC_URL: __, ...without } = OIDC;
    const load = () => loadConfig({ ...without, MARKING_URL: 'ftp://x', SESSION_HOURS_MAX: '0' });
    for (const name of ['OIDC_CLIENT_ID', 'PUBLIC_URL', 'MARKING_URL', 'SESSION_HOURS_MAX']) expect(load).toThrow(name);
  });

  it('has no development sign-in in production', () => {
    expect(() => loadConfig({ ...DEV, NODE_ENV: 'production' })).toThrow('AUTH_MODE');
  });

  it('stands in the README as it is', () => {
    const words = (text: string): string => text.replace(/\s+/g, ' ').replace(/-{2,}/g, '-');
    const readme = words(readFileSync(new URL('../README.md', import.meta.url), 'utf8'));
    const own = describeVariables(PageServerVariables)
      .split('\n')
      .slice(2)
      .filter((line) => /`(PORT|PUBLIC|MARKING|TRANSFER|AUDIT|PAGE|SITE|SHOW|AUTO|REVERS|K_|OIDC|SESSION)/.test(line));
    expect(own.length).toBe(16);
    for (const line of own) expect(readme).toContain(words(line));
  });
});
