import { ConfigurationError, describeVariables } from '@hub-export/environment';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliVariables, loadConfig, ownerUrlOf } from './config.js';
import { ROOT } from './site/layout.js';

describe('the configuration', () => {
  it('needs nothing', () => {
    const config = loadConfig({});
    expect(config.NODE_ENV).toBe('development');
    expect(ownerUrlOf(config)).toBeNull();
  });

  it('prefers the owner that is named for migrations', () => {
    const [DATABASE_URL, MIGRATION_DATABASE_URL] = ['postgres://a@h/d', 'postgres://b@h/d'];
    expect(ownerUrlOf(loadConfig({ DATABASE_URL }))).toBe(DATABASE_URL);
    expect(ownerUrlOf(loadConfig({ DATABASE_URL, MIGRATION_DATABASE_URL }))).toBe(MIGRATION_DATABASE_URL);
  });

  it('tells every fault at once, and no value', () => {
    const faulty = () => loadConfig({ DATABASE_URL: 'mysql://hunter2@h/d', NATS_URL: 'http://h', AUTH_MODE: 'none' });
    expect(faulty).toThrow(ConfigurationError);
    expect(faulty).toThrow(/DATABASE_URL[^]*NATS_URL[^]*AUTH_MODE/);
    expect(faulty).not.toThrow(/hunter2/);
  });

  it('is described in the README as it is', () => {
    const cells = (text: string) => text.replace(/ +/g, ' ').replace(/-+/g, '-');
    const readme = readFileSync(join(ROOT, 'apps/cli/README.md'), 'utf8');
    expect(cells(readme)).toContain(cells(describeVariables(CliVariables)));
  });
});
