import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal, JOURNAL_PAGE_MAX } from './journal.service.js';
import { type JournalRecord } from './record.js';

const forgotten = (transfer_key: string) => ({ type: 'TransferForgotten', transfer_key }) as const;

// Real: a file on disk.
describe('the journal', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
    path = join(folder, 'journal.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function reopened(): Promise<{ journal: Journal; records: JournalRecord[] }> {
    const records: JournalRecord[] = [];
    return { journal: await Journal.open(path, (record) => records.push(record)), records };
  }

  it('tells on opening what was appended, numbered from 1', async () => {
    const { journal } = await reopened();
    for (const key of ['ä', 'b', 'c']) journal.append(forgotten(key));
    await journal.close();
    const { journal: again, records } = await reopened();
    expect(records.map(({ seq, ...record }) => [seq, 'transfer_key' in record && record.transfer_key])).toEqual([
      [1, 'ä'],
      [2, 'b'],
      [3, 'c'],
    ]);
    expect(again.append(forgotten('d')).seq).toBe(4);
    await again.close();
  });

  it('reads any page of itself', async () => {
    const { journal } = await reopened();
    for (let key = 1; key <= 50; key += 1) journal.append(forgotten(`ü${key}`));
    expect((await journal.read(0)).length).toBe(50);
    expect((await journal.read(48)).map(({ seq }) => seq)).toEqual([49, 50]);
    expect((await journal.read(10, 2)).map(({ seq }) => seq)).toEqual([11, 12]);
    expect(await journal.read(50)).toEqual([]);
    await journal.close();
  });

  it('gives no more than a page at a time', async () => {
    const { journal } = await reopened();
    for (let key = 0; key <= JOURNAL_PAGE_MAX; key += 1) journal.append(forgotten('k'));
    expect((await journal.read(0, 1_000_000)).length).toBe(JOURNAL_PAGE_MAX);
    await journal.close();
  });

  it('cuts off a torn last line and goes on in its place', async () => {
    const { journal } = await reopened();
    journal.append(forgotten('a'));
    await journal.close();
    await appendFile(path, '{"seq":2,"type":"Trans');
    const { journal: again, records } = await reopened();
    expect(records.length).toBe(1);
    again.append(forgotten('b'));
    await again.close();
    expect(
      (await readFile(path, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as JournalRecord).seq),
    ).toEqual([1, 2]);
  });

  it('refuses to open when a line inside it is broken', async () => {
    await writeFile(path, '{"seq":1\n{"seq":2}\n');
    await expect(reopened()).rejects.toThrow(SyntaxError);
  });

  it('promises nothing more once it could not write', async () => {
    const { journal } = await reopened();
    await journal.close();
    journal.append(forgotten('a'));
    await expect(journal.durable()).rejects.toThrow('could not be written');
    await expect(journal.durable()).rejects.toThrow('could not be written');
  });
});
