import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANCHOR_FILE, AnchorFile, readAnchorFile } from './anchor.file.js';
import { type AnchorLine, anchorLineText, parseAnchorLine, readAnchorLine } from './anchor-line.js';

// Real here: the file system.
let root: string;
let folder: string;
let path: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'anchor-'));
});
beforeEach(() => {
  count += 1;
  folder = join(root, String(count));
  path = join(folder, ANCHOR_FILE);
});
afterAll(() => rm(root, { recursive: true }));

function checkpoint(size: number): AnchorLine {
  return { kind: 'checkpoint', size, anchored_at: '2026-11-01T10:00:00.000Z', note: `log\n${size}\nroot\n\n— log x\n` };
}
const key: AnchorLine = { kind: 'key', size: 0, introduced_at: '2026-11-01T10:00:00.000Z', key: 'log+0+k' };

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const read: Value[] = [];
  for await (const value of values) read.push(value);
  return read;
}

describe('the file of anchored checkpoints', () => {
  it('gives back what was added, to whoever reads, each line once', async () => {
    const file = new AnchorFile(folder);
    const other = new AnchorFile(folder);
    expect(await all(file.added())).toEqual([]);
    await file.append(key);
    await file.append(checkpoint(10));
    expect(await all(other.added())).toEqual([key, checkpoint(10)]);
    await other.append(checkpoint(20));
    expect(await all(other.added())).toEqual([checkpoint(20)]);
    expect(await all(file.added())).toEqual([key, checkpoint(10), checkpoint(20)]);
    expect(await all(readAnchorFile(path))).toHaveLength(3);
  });

  it('loses no anchor to a line that was torn at any of its bytes', async () => {
    const lines = [checkpoint(10), checkpoint(20)];
    const whole = Buffer.from(lines.map(anchorLineText).join(''));
    const first = Buffer.byteLength(anchorLineText(checkpoint(10)));
    await mkdir(folder);
    for (
      let bytes = 0;
      bytes <= whole.length;
      bytes += Math.abs(bytes - first) < 8 || bytes > whole.length - 8 ? 1 : 7
    ) {
      await writeFile(path, whole.subarray(0, bytes));
      const file = new AnchorFile(folder);
      // What was whole on the disk is found; what was not is written again by whoever looks.
      const found = (await all(readAnchorFile(path))).filter(({ kind }) => kind !== 'torn');
      expect(found).toEqual(lines.slice(0, bytes >= whole.length - 1 ? 2 : bytes >= first - 1 ? 1 : 0));
      await file.append(checkpoint(20));
      const after = (await all(readAnchorFile(path))).filter(({ kind }) => kind !== 'torn');
      expect(after).toEqual([...found, checkpoint(20)]);
    }
  });

  it('never takes anything away, what was torn included', async () => {
    const file = new AnchorFile(folder);
    await file.append(checkpoint(10));
    await appendFile(path, '{"kind":"checkpoint","si');
    const before = await readFile(path, 'utf8');
    await file.append(checkpoint(20));
    expect((await readFile(path, 'utf8')).startsWith(before)).toBe(true);
    expect(await all(readAnchorFile(path))).toEqual([checkpoint(10), { kind: 'torn', size: null }, checkpoint(20)]);
  });

  it('is read in pieces, also where it is large or holds what is no line', async () => {
    const file = new AnchorFile(folder);
    await file.append(checkpoint(1));
    await writeFile(
      path,
      `${'x'.repeat(300_000)}\n${Array.from({ length: 1_000 }, (_, n) => anchorLineText(checkpoint(n))).join('')}`,
    );
    const lines = await all(readAnchorFile(path));
    expect(lines[0]).toEqual({ kind: 'damaged', size: null });
    expect(lines).toHaveLength(1_001);
    expect(await all(new AnchorFile(folder).added())).toHaveLength(1_001);
  });

  it('knows that what it has read is gone: taken away, cut, or replaced by a longer file', async () => {
    const file = new AnchorFile(folder);
    expect(await file.hasLost()).toBe(false);
    await file.append(checkpoint(10));
    await file.append(checkpoint(20));
    expect([await file.hasLost(), (await all(file.added())).length, await file.hasLost()]).toEqual([false, 2, false]);
    // Cut behind our own line, before it was read again.
    const whole = await readFile(path);
    await file.append(checkpoint(30));
    await writeFile(path, whole);
    expect([await file.hasLost(), (await all(file.added())).length]).toEqual([true, 2]);

    await rm(path);
    expect([await file.hasLost(), await file.hasLost()]).toEqual([true, false]);
    await file.append(checkpoint(10));
    expect([await file.hasLost(), await all(file.added())]).toEqual([false, [checkpoint(10)]]);

    await writeFile(path, '');
    expect([await file.hasLost(), await all(file.added())]).toEqual([true, []]);
    await writeFile(`${path}.other`, [1, 2, 3].map((size) => anchorLineText(checkpoint(size))).join(''));
    await rename(`${path}.other`, path);
    expect([await file.hasLost(), (await all(file.added())).length]).toEqual([true, 3]);
  });

  it('tells a line that a crash has torn from one that was damaged, at every byte of it', () => {
    const line = anchorLineText(checkpoint(10)).slice(0, -1);
    for (let bytes = 0; bytes < line.length; bytes += 1) {
      const torn = line.slice(0, bytes);
      const size = bytes > line.indexOf(',"anchored_at"') ? 10 : null;
      expect(readAnchorLine(torn)).toEqual({ kind: 'torn', size });
      expect(readAnchorLine(torn + '\0\0')).toEqual({ kind: 'torn', size });
      const damaged = `${torn}\u0001${line.slice(bytes + 1)}`;
      expect(readAnchorLine(damaged).kind).toBe('damaged');
    }
  });

  it.each([
    '',
    '[]',
    'null',
    '{}',
    '{"kind":"checkpoint","size":-1}',
    '{"kind":"key","size":1,"key":1}',
    '{"kind":"other","size":1}',
  ])('takes %j for no line', (text) => expect(parseAnchorLine(text)).toBeNull());
});
