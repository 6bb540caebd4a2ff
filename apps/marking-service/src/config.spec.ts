import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeVariables } from '@hub-export/environment';
import { loadMigrationUrl, MigrationVariables } from '@hub-export/service-runtime';
import { loadConfig, MarkingVariables } from './config.js';

const LEAST = {
  AUTH_MODE: 'dev',
  NODE_ENV: 'test',
  AUTH_DEV_JWKS_FILE: '/run/jwks.json',
  DATABASE_URL: 'postgres://marking:geheim@db/hub_export',
};

describe('the configuration', () => {
  it('needs little, and has the documented defaults', () => {
    const config = loadConfig(LEAST);
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3_001,
      bus: { url: 'nats://127.0.0.1:4222', credentialsFile: null, replicas: 1, eventsMaxBytes: 2_147_483_648 },
      localCleanupPolicy: 'retain_processed_media',
      kAnonymityMin: 5,
      showsFileNames: false,
    });
    expect(config.databaseUrl.reveal()).toBe(LEAST.DATABASE_URL);
    expect(JSON.stringify(config)).not.toContain('geheim');
  });

  it('tells every fault at once, and no value', () => {
    const wrong = {
      ...LEAST,
      PORT: 'Canary',
      DATABASE_URL: 'mysql://Canary',
      NATS_URL: 'http://Canary',
      NATS_REPLICAS: '2',
      LOCAL_CLEANUP_POLICY: 'delete',
      K_ANONYMITY_MIN: '1',
    };
    const told = message(() => loadConfig(wrong));
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'NATS_URL',
      'NATS_REPLICAS',
      'LOCAL_CLEANUP_POLICY',
      'K_ANONYMITY_MIN',
    ]) {
      expect(told).toContain(name);
    }
    expect(told).not.toContain('Canary');
  });

  it('refuses to start where certificates are not verified', () => {
    expect(() => loadConfig({ ...LEAST, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_TLS_REJECT_UNAUTHORIZED');
  });

  it('of the migration is the owner’s address alone', () => {
    expect(loadMigrationUrl({ MIGRATION_DATABASE_URL: 'postgres://owner@db/hub_export' }).reveal()).toContain('owner');
    expect(() => loadMigrationUrl({})).toThrow('MIGRATION_DATABASE_URL');
  });

  it('stands in the README as it is', () => {
    const words = (text: string): string => text.replace(/\s+/g, ' ').replace(/-{2,}/g, '-');
    const readme = words(readFileSync(new URL('../README.md', import.meta.url), 'utf8'));
    const own = describeVariables(MarkingVariables)
      .split('\n')
      .slice(2)
      .filter((line) => /`(PORT|DATABASE_URL|NATS_|LOCAL_|SHOW_|K_)/.test(line));
    expect(own.length).toBe(9);
    for (const line of [...own, ...describeVariables(MigrationVariables).trim().split('\n').slice(2)]) {
      expect(readme).toContain(words(line));
    }
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
