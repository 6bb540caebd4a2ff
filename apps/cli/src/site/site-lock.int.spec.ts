import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portsFrom } from './ports.js';
import { reservePorts } from './port-reservations.server.js';
import { isSiteRunning, lockSite } from './site-lock.server.js';

/** Real: the local sockets of this machine. */
describe('the lock of a site', () => {
  let folder: string;
  let other: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-lock-'));
    other = await mkdtemp(join(tmpdir(), 'hub-export-lock-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
    await rm(other, { recursive: true });
  });

  it('is had by one alone, and can be had again when it was released', async () => {
    const lock = await lockSite(folder);
    expect(lock).not.toBeNull();
    expect(await isSiteRunning(folder)).toBe(true);
    expect(await lockSite(folder)).toBeNull();
    await lock?.release();
    expect(await isSiteRunning(folder)).toBe(false);
    const again = await lockSite(folder);
    expect(again).not.toBeNull();
    await again?.release();
  });

  it('is one for a folder, by whatever way it is named', async () => {
    const link = join(other, 'link');
    await symlink(folder, link);
    const lock = await lockSite(folder);
    expect(await lockSite(link)).toBeNull();
    const beside = await lockSite(other);
    expect(beside).not.toBeNull();
    await Promise.all([lock?.release(), beside?.release()]);
  });

  it('keeps two sites that choose at the same moment from the same ports', async () => {
    const wanted = portsFrom(28_340);
    const sites = await Promise.all([reservePorts(wanted, {}), reservePorts(wanted, {}), reservePorts(wanted, {})]);
    expect(new Set(sites.flatMap(({ ports }) => Object.values(ports))).size).toBe(3 * Object.keys(wanted).length);
    await Promise.all(sites.map((site) => site.release()));
    const later = await reservePorts(wanted, {});
    expect(later.ports).toEqual(wanted);
    await later.release();
  });
});
