import { MemoryLeaseStore } from '@hub-export/event-store';
import { intentOf } from '../testing/transfers.testing.js';
import type { Situations } from '../transfer/situation.service.js';
import { AttemptWatch } from './attempt-watch.worker.js';

const TTL_MS = 15_000;

describe('the watch over an attempt', () => {
  it.each([
    ['stands while the lease lasts', TTL_MS, false],
    ['breaks off once a machine that slept wakes past its end, before any timer has run', TTL_MS + 1_000, true],
    ['is not misled by a clock that is set back', -86_400_000, false],
  ])('%s', async (_claim, jumpMs, isOver) => {
    let now = Date.parse('2026-11-02T08:00:00.000Z');
    const clock = { now: () => new Date(now), chance: () => 0 };
    const leases = new MemoryLeaseStore(() => now);
    const held = async (name: string) => ({ name, ttlMs: TTL_MS, token: (await leases.take(name, 'me', TTL_MS)) ?? 0 });
    const both = [await held('transfer:t'), await held('slot:hub:1')] as const;
    // It is not started, so it asks for no situation.
    const watch = new AttemptWatch({ leases, clock, situations: {} as Situations }, both, intentOf());
    now += jumpMs;
    watch.check();
    expect([watch.signal.aborted, watch.signal.reason]).toEqual(isOver ? [true, 'lease_lost'] : [false, undefined]);
  });
});
