import { MemoryEventStore } from './memory-event-store.js';
import { MemoryLeaseStore } from './memory-lease-store.js';
import { describeEventStore } from './testing/event-store.contract.js';
import { request } from './testing/requests.js';

describeEventStore('memory', async () => {
  const leases = new MemoryLeaseStore();
  return { store: new MemoryEventStore({ leases }), leases, close: async () => undefined };
});

describe('the memory store', () => {
  it('never dates an entry before the one ahead of it, even when the clock was set back', async () => {
    const times = [2_000, 1_000];
    const store = new MemoryEventStore({ clock: () => times.shift() as number });
    await store.append(request());
    await store.append(request());
    const [first, second] = await store.readAll(0, 2);
    expect(second?.recordedAt).toBe(first?.recordedAt);
  });

  it('wakes its subscribers at each append, and not after they left', async () => {
    const store = new MemoryEventStore();
    let woken = 0;
    const leave = store.subscribe(() => (woken += 1));
    await store.append(request());
    leave();
    await store.append(request());
    expect(woken).toBe(1);
  });
});
