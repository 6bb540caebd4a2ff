import { randomUUID } from 'node:crypto';
import type { LeaseStore } from '../lease-store.js';

export interface LeasesUnderTest {
  readonly leases: LeaseStore;
  /** Lets a lease run out. */
  expire(name: string): Promise<void>;
  close(): Promise<void>;
}

/** What every lease store promises. */
export function describeLeaseStore(name: string, open: () => Promise<LeasesUnderTest>): void {
  describe(`leases (${name})`, () => {
    let test: LeasesUnderTest;
    let leases: LeaseStore;
    let job: string;
    beforeAll(async () => {
      test = await open();
      ({ leases } = test);
    });
    beforeEach(() => {
      job = `job-${randomUUID()}`;
    });
    afterAll(() => test.close());

    it('are held by one at a time', async () => {
      const tokens = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((holder) => leases.take(job, holder, 60_000)));
      expect(tokens.filter((token) => token !== null)).toEqual([1]);
      expect(await leases.holder(job)).toBe('abcde'[tokens.indexOf(1)]);
    });

    it('give a higher token at each taking: by the same holder, after the end, after giving back', async () => {
      expect(await leases.take(job, 'a', 60_000)).toBe(1);
      expect(await leases.take(job, 'a', 60_000)).toBe(2);
      await test.expire(job);
      expect(await leases.holder(job)).toBeNull();
      expect(await leases.take(job, 'b', 60_000)).toBe(3);
      await leases.release(job, 3);
      expect(await leases.holder(job)).toBeNull();
      expect(await leases.take(job, 'c', 60_000)).toBe(4);
    });

    it('are taken several at once, each that is free, and given back so, each under its own token', async () => {
      const others = `other-${randomUUID()}`;
      expect(await leases.take(job, 'a', 60_000)).toBe(1);
      expect(await leases.takeEach([others, job], 'b', 60_000)).toEqual([1, null]);
      expect(await leases.takeEach([job, others], 'a', 60_000)).toEqual([2, null]);
      await leases.releaseEach([
        { name: job, token: 1 },
        { name: others, token: 1 },
      ]);
      expect(await leases.holder(job)).toBe('a');
      expect(await leases.holder(others)).toBeNull();
      expect(await leases.takeEach([others, job], 'a', 60_000)).toEqual([2, 3]);
    });

    it('are taken and given back by many at once without one waiting for ever for another', async () => {
      const names = ['1', '2'].map((place) => `${place}-${randomUUID()}`);
      const inTurn = async (holder: string, order: readonly string[]) => {
        for (let round = 0; round < 20; round += 1) {
          const tokens = await leases.takeEach(order, holder, 60_000);
          const taken = order.flatMap((name, place) => {
            const token = tokens[place] ?? null;
            return token === null ? [] : [{ name, token }];
          });
          await leases.releaseEach(taken);
        }
      };
      const both = names.toReversed();
      await Promise.all([inTurn('a', names), inTurn('b', both), inTurn('c', names), inTurn('d', both)]);
      expect((await leases.takeEach(names, 'e', 60_000)).every((token) => token !== null)).toBe(true);
    });

    it('are prolonged under their token, also late if nobody took them meanwhile', async () => {
      await leases.take(job, 'a', 60_000);
      expect(await leases.renew(job, 1, 60_000)).toBe(true);
      await test.expire(job);
      expect(await leases.renew(job, 1, 60_000)).toBe(true);
      expect(await leases.take(job, 'b', 60_000)).toBeNull();
    });

    it('can neither be prolonged nor given back under a token that is void', async () => {
      await leases.take(job, 'a', 60_000);
      await test.expire(job);
      await leases.take(job, 'b', 60_000);
      expect(await leases.renew(job, 1, 60_000)).toBe(false);
      await leases.release(job, 1);
      expect(await leases.holder(job)).toBe('b');
      await leases.release(job, 2);
      expect(await leases.renew(job, 2, 60_000)).toBe(false);
    });

    it('are unknown until somebody takes them', async () => {
      expect(await leases.holder(job)).toBeNull();
      expect(await leases.renew(job, 1, 60_000)).toBe(false);
    });
  });
}
