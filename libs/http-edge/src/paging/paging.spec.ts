import fc from 'fast-check';
import request from 'supertest';
import { Problem } from '../problems/problem.js';
import { type Sample, startSample } from '../testing/sample.testing.js';
import { encodeCursor, pageOf, parseCursor } from './cursor.js';

describe('a cursor', () => {
  it('gives back what it was made of', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (number, text) => {
        expect(parseCursor(encodeCursor([number, text]), ['number', 'string'])).toEqual([number, text]);
      }),
    );
  });

  it('is refused where it is anything else, whatever it is', () => {
    const refused = (cursor: string) => expect(() => parseCursor(cursor, ['number', 'string'])).toThrow(Problem);
    for (const bad of [
      '',
      '%',
      'e30',
      encodeCursor([1]),
      encodeCursor(['1', 'a']),
      encodeCursor([1, 'a', 2]),
      'A'.repeat(2_049),
    ]) {
      refused(bad);
    }
    fc.assert(fc.property(fc.string(), (text) => refused(text)));
  });

  it('is none where none was given', () => {
    expect(parseCursor(undefined, ['number'])).toBeUndefined();
  });
});

describe('pages', () => {
  it('show every row once and in order, whatever the limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 20 }), (total, limit) => {
        const rows = Array.from({ length: total }, (_, at) => at);
        const seen: number[] = [];
        let cursor: string | null | undefined;
        let pages = 0;
        for (; cursor !== null && pages <= total; pages += 1) {
          const after = parseCursor(cursor, ['number'])?.[0] ?? -1;
          const page = pageOf(
            rows.filter((row) => row > after).slice(0, limit + 1),
            limit,
            (row) => [row],
            (row) => row,
          );
          seen.push(...page.items);
          cursor = page.next_cursor;
        }
        expect(seen).toEqual(rows);
        expect(cursor).toBeNull();
        expect(pages).toBe(Math.max(1, Math.ceil(total / limit)));
      }),
    );
  });
});

describe('the query of a list', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(() => sample.close());
  const list = async (query: string) =>
    request(sample.app.getHttpServer())
      .get(`/v1/sample/list${query}`)
      .set('Authorization', await sample.bearer());

  it('has 50 items by default, and at most 200', async () => {
    expect((await list('')).body).toEqual({ limit: 50, after: null });
    expect((await list('?limit=200')).body.limit).toBe(200);
    for (const limit of ['0', '201', '1.5', 'x', '-1'])
      expect((await list(`?limit=${limit}`)).body.code).toBe('invalid_request');
  });

  it('takes one cursor, and nothing it does not know', async () => {
    expect((await list(`?cursor=${encodeCursor([3, 'a'])}`)).body.after).toEqual([3, 'a']);
    expect((await list('?cursor=a&cursor=b')).body.errors[0].field).toBe('cursor');
    expect((await list('?sort=x')).body.errors).toEqual([
      { field: 'sort', code: 'unknown_field', detail: expect.any(String) },
    ]);
  });
});
