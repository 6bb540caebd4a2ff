import { readFileSync } from 'node:fs';
import { describeVariables } from '@hub-export/environment';
import { loadConfig, TransferVariables } from './config.js';

const LEAST = {
  AUTH_MODE: 'dev',
  NODE_ENV: 'test',
  AUTH_DEV_JWKS_FILE: '/run/jwks.json',
  DATABASE_URL: 'postgres://transfer:geheim@db/hub_export',
  MEDIA_ROOT: '/media',
};

describe('the configuration', () => {
  it('needs little, and has the documented defaults', () => {
    const config = loadConfig(LEAST);
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3_002,
      bus: { url: 'nats://127.0.0.1:4222', credentialsFile: null, replicas: 1, eventsMaxBytes: 2_147_483_648 },
      sending: {
        concurrency: 4,
        leaseMs: 15_000,
        sweepIntervalMs: 5_000,
        retry: { baseMs: 30_000, capMs: 900_000, attemptsMax: 5 },
        timeouts: { connectMs: 10_000, answerMs: 600_000, totalMs: 21_600_000 },
        mediaRoot: '/media',
        secretScope: { root: '/run/secrets', envPrefix: 'HUB_EXPORT_SECRET_' },
        timeZone: 'UTC',
        autoQueue: { on: false, windowMs: 300_000 },
      },
    });
    expect(config.databaseUrl.reveal()).toBe(LEAST.DATABASE_URL);
    expect(JSON.stringify(config)).not.toContain('geheim');
  });

  it('tells every fault at once, and no value', () => {
    const wrong = {
      PORT: 'Canary',
      DATABASE_URL: 'mysql://Canary',
      NATS_URL: 'http://Canary',
      NATS_REPLICAS: '2',
      MEDIA_ROOT: 'Canary/media',
      SECRET_REF_ROOT: 'Canary/secrets',
      SECRET_REF_ENV_PREFIX: 'Canary-',
      AUTO_QUEUE: 'yes',
      REVERSIBILITY_WINDOW_SECONDS: '-1',
      TIME_ZONE: 'Canary/Island',
      SENDER_CONCURRENCY: '0',
      LEASE_MS: '10',
      SWEEP_INTERVAL_MS: '1',
      RETRY_BASE_MS: '900001',
      RETRY_ATTEMPTS_MAX: '0',
      HUB_CONNECT_TIMEOUT_MS: '1',
      HUB_ANSWER_TIMEOUT_MS: '1',
      HUB_TOTAL_TIMEOUT_MS: '1',
    };
    const told = message(() => loadConfig({ ...LEAST, ...wrong }));
    for (const name of Object.keys(wrong)) expect(told).toMatch(new RegExp(`^  ${name} must `, 'm'));
    expect(told).not.toContain('Canary');
  });

  it('asks for what has no default', () => {
    const told = message(() => loadConfig({ ...LEAST, DATABASE_URL: '', MEDIA_ROOT: '' }));
    expect(told).toContain('DATABASE_URL is required');
    expect(told).toContain('MEDIA_ROOT is required');
  });

  it('knows the time zones of the IANA, and takes the address of the bus without credentials alone', () => {
    expect(loadConfig({ ...LEAST, TIME_ZONE: 'Europe/Berlin' }).sending.timeZone).toBe('Europe/Berlin');
    expect(message(() => loadConfig({ ...LEAST, NATS_URL: 'nats://user:geheim@bus:4222' }))).not.toContain('geheim');
  });

  it('refuses to start where certificates are not verified', () => {
    expect(() => loadConfig({ ...LEAST, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_TLS_REJECT_UNAUTHORIZED');
  });

  it('stands in the README as it is', () => {
    const words = (text: string): string => text.replace(/\s+/g, ' ').replace(/-{2,}/g, '-');
    const readme = words(readFileSync(new URL('../README.md', import.meta.url), 'utf8'));
    const own = describeVariables(TransferVariables)
      .trim()
      .split('\n')
      .slice(2)
      .filter((line) => !/`(HOST|LOG_LEVEL|NODE_ENV|AUTH_|OIDC_|HTTP_)/.test(line));
    expect(own.length).toBeGreaterThan(15);
    for (const line of own) expect(readme).toContain(words(line));
  });
});

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String((error as Error).message);
  }
  throw new Error('It was expected to throw.');
}
