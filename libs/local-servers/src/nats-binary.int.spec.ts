import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findNatsServer } from './nats.binary.js';

describe('the search for a nats-server', () => {
  const variables = { PATH: process.env['PATH'], NATS_SERVER_BIN: process.env['NATS_SERVER_BIN'] };
  let home: string;
  let tools: string;
  let cacheFolder: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'hub-export-search-'));
    tools = join(home, 'tools');
    cacheFolder = join(home, 'cache');
    mkdirSync(tools);
    mkdirSync(cacheFolder);
    delete process.env['NATS_SERVER_BIN'];
    process.env['PATH'] = tools;
  });

  afterEach(() => {
    Object.assign(process.env, variables);
    if (variables.NATS_SERVER_BIN === undefined) delete process.env['NATS_SERVER_BIN'];
    rmSync(home, { recursive: true, force: true });
  });

  it('takes the one that NATS_SERVER_BIN names, or fails rather than take another', async () => {
    program(tools, 'nats-server', 'echo "nats-server: v2.12.0"');
    process.env['NATS_SERVER_BIN'] = program(home, 'mine', 'echo "nats-server: v2.11.1"');
    expect((await findNatsServer({ cacheFolder })).version.minor).toBe(11);
    process.env['NATS_SERVER_BIN'] = join(home, 'absent');
    await expect(findNatsServer({ cacheFolder })).rejects.toThrow('NATS_SERVER_BIN does not name');
  });

  it.each([
    { onPath: '2.10.0', kept: '2.14.8', taken: 'on PATH' },
    { onPath: '2.9.10', kept: '2.14.8', taken: 'kept' },
    { onPath: '2.9.10', kept: undefined, taken: 'on PATH' },
    { onPath: '2.8.4', kept: '2.9.10', taken: 'kept' },
  ])('takes the one $taken where $onPath is on PATH and $kept is kept', async ({ onPath, kept, taken }) => {
    const paths = { 'on PATH': program(tools, 'nats-server', `echo "nats-server: v${onPath}"`), kept: '' };
    if (kept) paths.kept = program(cacheFolder, 'nats-server', `echo "nats-server: v${kept}"`);
    const found = await findNatsServer({ cacheFolder });
    expect(found.path).toBe(paths[taken as keyof typeof paths]);
  });

  it('builds one with Go, keeps it, and tells so', async () => {
    program(tools, 'go', fakeGo);
    const told: string[] = [];
    const built = await findNatsServer({ cacheFolder, onProgress: (text) => told.push(text) });
    expect(built.version.minor).toBe(14);
    expect(told).toEqual([expect.stringContaining('Building nats-server with Go')]);
    expect(readdirSync(cacheFolder)).toEqual(['nats-server']);
    expect((await findNatsServer({ cacheFolder, onProgress: (text) => told.push(text) })).path).toBe(built.path);
    expect(told).toHaveLength(1);
  });

  it('builds for two at once without harm', async () => {
    program(tools, 'go', fakeGo);
    const found = await Promise.all([findNatsServer({ cacheFolder }), findNatsServer({ cacheFolder })]);
    expect(found.map((server) => server.version.minor)).toEqual([14, 14]);
    expect(readdirSync(cacheFolder)).toEqual(['nats-server']);
  });

  it('unpacks the Debian package where Go fails', async () => {
    program(tools, 'go', '[ "$1" = version ]');
    program(tools, 'apt-get', 'if [ "$1" = download ]; then : > nats-server_2.9.10_amd64.deb; fi');
    program(
      tools,
      'dpkg',
      `[ "$1" = -x ] || exit 0; /bin/mkdir -p "$3/usr/sbin"; ${fakeServer('$3/usr/sbin', '2.9.10')}`,
    );
    expect((await findNatsServer({ cacheFolder })).version.minor).toBe(9);
    expect(readdirSync(cacheFolder)).toEqual(['nats-server']);
  });

  it('says in plain words what to do when there is no way', async () => {
    program(tools, 'go', '[ "$1" = version ] || { echo "no network" >&2; exit 1; }');
    await expect(findNatsServer({ cacheFolder })).rejects.toThrow(
      /Go could not build it: .*\n- this is no Debian.*\nInstall nats-server 2\.10 or later .* or set NATS_SERVER_BIN/,
    );
  });
});

const fakeGo = `[ "$1" = version ] && exit 0; ${fakeServer('$GOBIN', '2.14.8')}`;

function fakeServer(folder: string, version: string): string {
  const file = `"${folder}/nats-server"`;
  return `printf '#!/bin/sh\\necho "nats-server: v${version}"\\n' > ${file}; /bin/chmod +x ${file}`;
}

function program(folder: string, name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
