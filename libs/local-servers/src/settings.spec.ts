import { describe, expect, it } from '@jest/globals';
import { natsConfig } from './nats-settings.js';
import { isAtLeast, parseNatsVersion } from './nats-version.js';
import { postgresArguments } from './postgres-settings.js';

describe('the version of a nats-server', () => {
  it('is read from what the program prints, and from nothing else', () => {
    expect(parseNatsVersion('nats-server: v2.14.8\n')).toEqual({ major: 2, minor: 14, patch: 8 });
    expect(parseNatsVersion('nats: v2.14.8')).toBeUndefined();
    expect(parseNatsVersion('')).toBeUndefined();
  });

  it('is compared by number: 2.10 comes after 2.9', () => {
    expect(isAtLeast({ major: 2, minor: 10, patch: 0 }, 2, 9)).toBe(true);
    expect(isAtLeast({ major: 2, minor: 9, patch: 10 }, 2, 10)).toBe(false);
    expect(isAtLeast({ major: 3, minor: 0, patch: 0 }, 2, 10)).toBe(true);
  });
});

describe('the configuration of nats-server', () => {
  const settings = { port: 4222, monitorPort: 8222, store: '/a "b"/streams', syncAlways: true };

  it('syncs each message only where asked to, and where the server knows how', () => {
    const [old, able] = [
      { major: 2, minor: 9, patch: 10 },
      { major: 2, minor: 10, patch: 0 },
    ];
    expect(natsConfig({ ...settings, version: able })).toContain('sync_interval: always');
    expect(natsConfig({ ...settings, version: old })).not.toContain('sync_interval');
    expect(natsConfig({ ...settings, syncAlways: false, version: able })).not.toContain('sync_interval');
  });

  it('quotes the path of the store', () => {
    expect(natsConfig({ ...settings, version: { major: 2, minor: 12, patch: 0 } })).toContain('"/a \\"b\\"/streams"');
  });
});

describe('the settings of PostgreSQL', () => {
  it('give up durability only when asked to', () => {
    const durable = postgresArguments({ dataFolder: '/d', port: 5432, durable: true });
    expect(durable.filter((argument) => argument.endsWith('=off'))).toEqual([]);
    expect(postgresArguments({ dataFolder: '/d', port: 5432, durable: false })).toEqual(
      expect.arrayContaining(['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
    );
  });
});
