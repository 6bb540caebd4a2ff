import { describe, expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { type Line, saveLines, type Table } from './lines.table.js';

const TABLE: Table = { name: 'marking.some', key: ['id'], columns: ['name'], state: 'json' };
const MANY = 600;

describe('many lines', () => {
  it('go in several statements, in order, and the next are made while those before are being written', async () => {
    const written: [unknown[], unknown[]][] = [];
    const made: number[] = [];
    const madeWhileWriting: number[] = [];
    let writing = 0;
    const tx = transaction(async (columns, states) => {
      expect((writing += 1)).toBe(1);
      await turn();
      madeWhileWriting.push(made.length);
      written.push([JSON.parse(columns) as unknown[], states.split('\n').map((state) => JSON.parse(state) as unknown)]);
      writing -= 1;
    });
    await saveLines(tx, TABLE, lines(made));
    expect(written.flatMap(([columns]) => columns)).toEqual(made.map((id) => ({ id, name: `line\n${id}` })));
    expect(written.flatMap(([, states]) => states)).toEqual(made.map((id) => ({ of: `line\n${id}` })));
    expect(written.map(([columns]) => columns.length)).toEqual([250, 250, 100]);
    expect(madeWhileWriting).toEqual([500, 600, 600]);
  });

  it('end where one cannot be made, after what was being written', async () => {
    let finished = 0;
    const tx = transaction(async () => {
      await turn();
      finished += 1;
    });
    await expect(saveLines(tx, TABLE, lines([], 300))).rejects.toThrow('no line');
    expect(finished).toBe(1);
  });

  it('end where the database refuses some, and none, no statement', async () => {
    let statements = 0;
    const tx = transaction(async () => {
      statements += 1;
      throw new Error('refused');
    });
    await saveLines(tx, TABLE, []);
    expect(statements).toBe(0);
    await expect(saveLines(tx, TABLE, lines([]))).rejects.toThrow('refused');
    expect(statements).toBe(1);
  });
});

function* lines(made: number[], failsAt = MANY): Generator<Line> {
  for (let id = 0; id < MANY; id += 1) {
    if (id === failsAt) throw new Error('no line');
    made.push(id);
    yield { columns: { id, name: `line\n${id}` }, state: { of: `line\n${id}` } };
  }
}

function transaction(write: (columns: string, states: string) => Promise<void>): EntityManager {
  return {
    query: (_: string, [columns, states]: [string, string]) => write(columns, states),
  } as unknown as EntityManager;
}

/** Lets everything happen that can happen by itself. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
