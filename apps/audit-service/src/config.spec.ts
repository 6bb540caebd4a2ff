import { ConfigurationError, describeVariables } from '@hub-export/environment';
import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { loadMigrationUrl, MigrationVariables } from '@hub-export/service-runtime';
import { AuditVariables, loadConfig } from './config.js';

const LEAST = {
  NODE_ENV: 'development',
  AUTH_MODE: 'dev',
  AUTH_DEV_JWKS_FILE: '/run/jwks.json',
  DATABASE_URL: 'postgres://audit@127.0.0.1/audit',
};

describe('the configuration', () => {
  it('needs sign-in and a database; all else has a default', () => {
    const config = loadConfig(LEAST);
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3_003,
      bus: { url: 'nats://127.0.0.1:4222', credentialsFile: null, replicas: 1, eventsMaxBytes: 2_147_483_648 },
      parkedRetryIntervalMs: 60_000,
      checkpoints: null,
      recheck: { entriesPerSecond: 1_000, pauseMs: 3_600_000 },
    });
    expect(config.databaseUrl.reveal()).toBe(LEAST.DATABASE_URL);
  });

  it('tells all its faults at once, and none of the values', () => {
    const faulty = {
      ...LEAST,
      DATABASE_URL: 'mysql://hunter2',
      NATS_REPLICAS: '2',
      PORT: 'x',
      PARKED_RETRY_INTERVAL_MS: '1',
    };
    const told = messageOf(() => loadConfig(faulty));
    for (const name of ['DATABASE_URL', 'NATS_REPLICAS', 'PORT', 'PARKED_RETRY_INTERVAL_MS'])
      expect(told).toContain(name);
    expect(told).not.toContain('hunter2');
  });

  it('of the migration is the address of the owner', () => {
    expect(loadMigrationUrl({ MIGRATION_DATABASE_URL: 'postgres://owner@127.0.0.1/audit' }).reveal()).toContain(
      'owner',
    );
    expect(messageOf(() => loadMigrationUrl({}))).toContain('MIGRATION_DATABASE_URL');
  });

  it('stands in the README as it is in the code', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const told = new Set(readme.split('\n').map(plain));
    let compared = 0;
    for (const variables of [AuditVariables, MigrationVariables]) {
      for (const line of describeVariables(variables)
        .split('\n')
        .filter((row) => row.startsWith('| `'))) {
        if (!isOwn(line)) continue;
        expect(told).toContain(plain(line));
        compared += 1;
      }
    }
    expect(compared).toBe(18);
  });
});

/** The variables of the edge are described by its own README. */
function isOwn(line: string): boolean {
  return /^\| `(PORT|DATABASE_URL|(NATS|PARKED|MIGRATION|CHECKPOINT|RECHECK)_\w+)`/.test(line);
}

function plain(line: string): string {
  return line.replace(/\s+/g, ' ').trim();
}

function messageOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error('Nothing was wrong with it.');
}
