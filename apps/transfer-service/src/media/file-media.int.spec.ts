import { execFileSync } from 'node:child_process';
import {
  appendFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHUNK_BYTES, FileMediaSource } from './file-media.source.js';
import { MediaFault, type OpenMedia } from './media-source.js';

const CONTENT = Buffer.from('%PDF-1.4 the approved bytes');
const CANARY = Buffer.from('%PDF-1.4 outside of the root');
const REPORT = { kind: 'report', size: CONTENT.length } as const;

// Real: the file system.
describe('media below the root', () => {
  let folder: string;
  let root: string;
  let source: FileMediaSource;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-export-media-'));
    root = join(folder, 'root');
    await mkdir(join(root, 'a/b'), { recursive: true });
    await mkdir(join(folder, 'outside/b'), { recursive: true });
    await writeFile(join(root, 'a/b/m.pdf'), CONTENT);
    for (const place of ['outside/m.pdf', 'outside/b/m.pdf']) await writeFile(join(folder, place), CANARY);
    source = new FileMediaSource(root);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is read from first to last', async () => {
    const media = await source.open('file:a/b/m.pdf', REPORT);
    expect(await contentOf(media)).toEqual(CONTENT);
    await media.requireUnchanged();
    await media.close();
  });

  it('is read in pieces, of which three stand at a time', async () => {
    const large = Buffer.concat([Buffer.from('%PDF-'), Buffer.alloc(3 * CHUNK_BYTES, 'x'), Buffer.from('end')]);
    await writeFile(join(root, 'large.pdf'), large);
    const media = await source.open('file:large.pdf', { kind: 'report', size: large.length });
    const kept: Buffer[] = [];
    let before: { readonly view: Uint8Array; readonly copy: Buffer } | null = null;
    for await (const view of media.chunks()) {
      if (before !== null) expect(before.copy.equals(before.view)).toBe(true);
      before = { view, copy: Buffer.from(view) };
      kept.push(before.copy);
    }
    expect(Buffer.concat(kept).equals(large)).toBe(true);
    await media.close();
  });

  it.each([
    'file:../outside/m.pdf',
    'file:/etc/hostname',
    'file:a/b/../b/m.pdf',
    'file:a\\b\\m.pdf',
    'file:a/b/m.pdf\0',
  ])('is not sought at %j', async (locator) => {
    expect(await faultOf(source.open(locator, REPORT))).toBe('media_unreadable');
  });

  it('is not reached through a link, in whatever position', async () => {
    await symlink(join(root, 'a/b/m.pdf'), join(root, 'a/b/link.pdf'));
    await symlink(join(root, 'a/b'), join(root, 'a/link'));
    await symlink(join(root, 'a'), join(root, 'link'));
    await symlink(join(folder, 'outside'), join(root, 'out'));
    for (const locator of ['file:a/b/link.pdf', 'file:a/link/m.pdf', 'file:link/b/m.pdf', 'file:out/m.pdf']) {
      expect(await faultOf(source.open(locator, REPORT))).toBe('media_unreadable');
    }
  });

  it('is never that of another place, while a directory is swapped for a link all the time', async () => {
    const real = join(root, 'a');
    const aside = join(root, 'aside');
    const link = join(root, 'link');
    const opened = { approved: 0, refused: 0 };
    let swapping = true;
    const swaps = (async () => {
      while (swapping) {
        await symlink(join(folder, 'outside'), link);
        await rename(real, aside);
        await rename(link, real);
        await rm(real);
        await rename(aside, real);
      }
    })();
    for (let turn = 0; turn < 400 || opened.approved === 0 || opened.refused === 0; turn += 1) {
      if (turn > 20_000) break;
      const media = await source.open('file:a/b/m.pdf', { kind: 'report', size: CONTENT.length }).catch(mediaFault);
      if (media instanceof MediaFault) {
        opened.refused += 1;
        continue;
      }
      expect((await contentOf(media)).equals(CONTENT)).toBe(true);
      opened.approved += 1;
      await media.close();
    }
    swapping = false;
    await swaps;
    expect(opened.approved).toBeGreaterThan(0);
    expect(opened.refused).toBeGreaterThan(0);
  }, 30_000);

  it('with a second name is refused, unless that is allowed', async () => {
    await link(join(root, 'a/b/m.pdf'), join(folder, 'outside/second.pdf'));
    expect(await faultOf(source.open('file:a/b/m.pdf', REPORT))).toBe('media_unreadable');
    const lenient = new FileMediaSource(root, { hardLinks: 'allowed' });
    const media = await lenient.open('file:a/b/m.pdf', REPORT);
    expect(await contentOf(media)).toEqual(CONTENT);
    await media.close();
  });

  it('is a regular file, and nothing that would block or answer', async () => {
    execFileSync('mkfifo', [join(root, 'fifo.pdf')]);
    await mkdir(join(root, 'directory.pdf'));
    const socket = createServer().listen(join(root, 'socket.pdf'));
    await new Promise((resolve) => socket.once('listening', resolve));
    for (const name of ['fifo.pdf', 'directory.pdf', 'socket.pdf']) {
      expect(await faultOf(source.open(`file:${name}`, { kind: 'report', size: 0 }))).toBe('media_unreadable');
    }
    socket.close();
    const devices = new FileMediaSource('/dev');
    expect(await faultOf(devices.open('file:zero', { kind: 'report', size: 0 }))).toBe('media_unreadable');
  });

  it('that is not there is missing', async () => {
    expect(await faultOf(source.open('file:a/b/other.pdf', REPORT))).toBe('media_missing');
    expect(await faultOf(source.open('file:no/m.pdf', REPORT))).toBe('media_missing');
    expect(await faultOf(new FileMediaSource(join(folder, 'gone')).open('file:m.pdf', REPORT))).toBe('media_missing');
  });

  it('of another size or kind is not opened', async () => {
    const open = (size: number, kind: 'report' | 'video') => faultOf(source.open('file:a/b/m.pdf', { kind, size }));
    expect(await open(CONTENT.length + 1, 'report')).toBe('media_changed');
    expect(await open(CONTENT.length - 1, 'report')).toBe('media_changed');
    expect(await open(CONTENT.length, 'video')).toBe('media_kind_mismatch');
    await writeFile(join(root, 'short.pdf'), '%PD');
    expect(await faultOf(source.open('file:short.pdf', { kind: 'report', size: 3 }))).toBe('media_kind_mismatch');
  });

  it('stays the file that was opened when another takes its place', async () => {
    const media = await source.open('file:a/b/m.pdf', REPORT);
    await writeFile(join(root, 'new.pdf'), CANARY.subarray(0, CONTENT.length));
    await rename(join(root, 'new.pdf'), join(root, 'a/b/m.pdf'));
    expect(await contentOf(media)).toEqual(CONTENT);
    await media.close();
  });

  it('that vanished after it was opened is read to its end', async () => {
    const media = await source.open('file:a/b/m.pdf', REPORT);
    await rm(join(root, 'a/b/m.pdf'));
    expect(await contentOf(media)).toEqual(CONTENT);
    await media.close();
  });

  it('that is cut while it is read ends with a fault, not with less', async () => {
    const media = await source.open('file:a/b/m.pdf', REPORT);
    await truncate(join(root, 'a/b/m.pdf'), 10);
    expect(await faultOf(contentOf(media))).toBe('media_changed');
    await media.close();
  });

  it('that grew or was touched is not the file any more that was opened', async () => {
    const grown = await source.open('file:a/b/m.pdf', REPORT);
    await appendFile(join(root, 'a/b/m.pdf'), 'x');
    expect(await contentOf(grown)).toEqual(CONTENT);
    expect(await faultOf(grown.requireUnchanged())).toBe('media_changed');
    await grown.close();

    const touched = await source.open('file:a/b/m.pdf', { kind: 'report', size: CONTENT.length + 1 });
    await utimes(join(root, 'a/b/m.pdf'), new Date(), new Date(0));
    expect(await faultOf(touched.requireUnchanged())).toBe('media_changed');
    await touched.close();
  });

  it('leaves no descriptor open, whatever went wrong', async () => {
    const before = await descriptors();
    await symlink(folder, join(root, 'link'));
    for (const locator of ['file:a/b/m.pdf', 'file:a/b/no.pdf', 'file:link/m.pdf', 'file:a/b', 'file:no/no']) {
      await source.open(locator, { kind: 'video', size: CONTENT.length }).catch(mediaFault);
    }
    expect(await descriptors()).toBe(before);
  });

  it('tells neither names nor places when it fails', async () => {
    const fault = await source.open('file:Canary/Canary.pdf', REPORT).catch((error: Error) => error);
    expect(fault).toBeInstanceOf(MediaFault);
    expect(`${(fault as Error).message} ${(fault as Error).stack ?? ''}`).not.toContain('Canary');
    expect((fault as Error).cause).toBeUndefined();
  });
});

async function contentOf(media: OpenMedia): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of media.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no fault',
    (error: unknown) => mediaFault(error).code,
  );
}

function mediaFault(error: unknown): MediaFault {
  if (error instanceof MediaFault) return error;
  throw error;
}

async function descriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
