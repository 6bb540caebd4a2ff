import { type Decider, Refusal } from '@hub-export/event-sourcing';
import { DECISIONS_MAX, handle, type HandleOptions, load } from './handle.js';
import type { AppendRequest } from './event-store.js';
import { MemoryEventStore } from './memory-event-store.js';
import { MemoryLeaseStore } from './memory-lease-store.js';
import { request } from './testing/requests.js';

interface Account {
  readonly balance: number;
  readonly isClosed: boolean;
}
type AccountCommand = { type: 'Pay'; amount: number; at?: string } | { type: 'Close' };
type AccountEvent = { type: 'Paid'; amount: number } | { type: 'Closed' };

const account: Decider<Account, AccountCommand, AccountEvent> = {
  initialState: { balance: 0, isClosed: false },
  decide(command, { isClosed }) {
    if (command.type === 'Close') return isClosed ? [] : [{ type: 'Closed' }];
    if (isClosed) throw new Refusal('account_closed', 'A closed account takes nothing.');
    return [{ type: 'Paid', amount: command.amount }];
  },
  evolve: (state, event) =>
    event.type === 'Paid' ? { ...state, balance: state.balance + event.amount } : { ...state, isClosed: true },
};

const STREAM = 'account-1';
const pay = (amount: number): AccountCommand => ({ type: 'Pay', amount });
const as = (key: string, more: Partial<HandleOptions> = {}): HandleOptions => ({
  key,
  correlationId: 'c',
  causationId: null,
  ...more,
});

/** A store in which somebody else appends to the stream just before each of the first `races` appends. */
class RacedStore extends MemoryEventStore {
  appends = 0;
  reads = 0;
  races = 0;

  override async readStream(streamId: string, fromVersion?: number): ReturnType<MemoryEventStore['readStream']> {
    this.reads += 1;
    return super.readStream(streamId, fromVersion);
  }

  override async append(asked: AppendRequest): ReturnType<MemoryEventStore['append']> {
    this.appends += 1;
    if (this.races > 0) {
      this.races -= 1;
      const events = [{ id: crypto.randomUUID(), type: 'Paid', data: { amount: 1 } }];
      const { length } = await this.readStream(STREAM);
      await super.append(request({ streamId: STREAM, expectedVersion: length, events }));
    }
    return super.append(asked);
  }
}

describe('handling a command', () => {
  let store: RacedStore;
  beforeEach(() => {
    store = new RacedStore();
  });

  it('records what follows, and answers with it, its position and the new state', async () => {
    await handle(store, account, STREAM, pay(2), as('k1'));
    const handled = await handle(
      store,
      account,
      STREAM,
      pay(3),
      as('k2', { newId: () => '00000000-0000-4000-8000-000000000001' }),
    );
    expect(handled).toEqual({
      outcome: 'appended',
      position: 2,
      events: [{ type: 'Paid', amount: 3 }],
      state: { balance: 5, isClosed: false },
      version: 2,
    });
    expect((await store.readStream(STREAM))[1]).toMatchObject({
      id: '00000000-0000-4000-8000-000000000001',
      type: 'Paid',
      data: { amount: 3 },
    });
    expect(await load(store, account, STREAM)).toEqual({ state: { balance: 5, isClosed: false }, version: 2 });
  });

  it('says so when it was already so, also when that is asked again later', async () => {
    await handle(store, account, STREAM, { type: 'Close' }, as('k1'));
    const idle = await handle(store, account, STREAM, { type: 'Close' }, as('k2'));
    const state = { balance: 0, isClosed: true };
    expect(idle).toEqual({ outcome: 'unchanged', position: 1, events: [], state, version: 1 });
    const again = await handle(store, account, STREAM, { type: 'Close' }, as('k2'));
    expect(again).toEqual({ ...idle, outcome: 'repeated' });
  });

  it('answers a repeated command with what it did, though the rules would refuse it now', async () => {
    await handle(store, account, STREAM, pay(2), as('k1'));
    await handle(store, account, STREAM, { type: 'Close' }, as('k2'));
    expect(await handle(store, account, STREAM, pay(2), as('k1'))).toEqual({
      outcome: 'repeated',
      position: 1,
      events: [{ type: 'Paid', amount: 2 }],
      state: { balance: 2, isClosed: true },
      version: 2,
    });
    expect(await store.position()).toBe(2);
  });

  it('passes on what the rules refuse, and records nothing', async () => {
    await handle(store, account, STREAM, { type: 'Close' }, as('k1'));
    await expect(handle(store, account, STREAM, pay(2), as('k2'))).rejects.toMatchObject({ code: 'account_closed' });
    expect(await store.findCommand('k2')).toBeNull();
  });

  it('refuses a key that was used for something else, whether the rules let it pass or not', async () => {
    await handle(store, account, STREAM, pay(2), as('k1'));
    await expect(handle(store, account, STREAM, pay(3), as('k1'))).rejects.toMatchObject({ name: 'KeyReused' });
    await handle(store, account, STREAM, { type: 'Close' }, as('k2'));
    await expect(handle(store, account, STREAM, pay(3), as('k1'))).rejects.toMatchObject({ name: 'KeyReused' });
  });

  it('knows a command again by the digest it is given, whatever else changes in it', async () => {
    const digest = 'pay-2';
    await handle(store, account, STREAM, { ...pay(2), at: 'monday' } as AccountCommand, as('k1', { digest }));
    const again = handle(store, account, STREAM, { ...pay(2), at: 'tuesday' } as AccountCommand, as('k1', { digest }));
    expect((await again).outcome).toBe('repeated');
  });

  it('decides again on what it finds after a lost race', async () => {
    store.races = DECISIONS_MAX - 1;
    const handled = await handle(store, account, STREAM, pay(10), as('k1'));
    expect(handled.state.balance).toBe(DECISIONS_MAX - 1 + 10);
    expect(store.appends).toBe(DECISIONS_MAX);
  });

  it('gives up after five lost races and says where the stream stands', async () => {
    store.races = 100;
    const failed = handle(store, account, STREAM, pay(10), as('k1'));
    await expect(failed).rejects.toMatchObject({ name: 'VersionConflict', streamId: STREAM, actualVersion: 5 });
    expect(store.appends).toBe(DECISIONS_MAX);
  });

  it('builds the command and what it relies on anew at each try', async () => {
    store.races = 2;
    let tries = 0;
    const relied: number[] = [];
    const handled = await handle(
      store,
      account,
      STREAM,
      async () => pay((tries += 1)),
      as('k1', {
        reliesOn: () => {
          relied.push(tries);
          return [{ streamId: 'price-1', version: 0 }];
        },
      }),
    );
    expect(handled.events).toEqual([{ type: 'Paid', amount: 3 }]);
    expect(relied).toEqual([1, 2, 3]);
  });

  it('does not decide on a stream that has moved while it relied on it', async () => {
    await store.append(request({ streamId: 'price-1' }));
    const stale = handle(store, account, STREAM, pay(1), as('k1', { reliesOn: [{ streamId: 'price-1', version: 0 }] }));
    await expect(stale).rejects.toMatchObject({ name: 'VersionConflict', streamId: 'price-1', actualVersion: 1 });
  });

  describe('of a stream that is known from the last append', () => {
    it('decides on what is known, and reads nothing', async () => {
      const known = await handle(store, account, STREAM, pay(2), as('k1'));
      store.reads = 0;
      const handled = await handle(store, account, STREAM, pay(3), as('k2'), known);
      expect(handled).toMatchObject({ outcome: 'appended', state: { balance: 5 }, version: 2 });
      expect(store.reads).toBe(0);
      expect(await load(store, account, STREAM)).toEqual({ state: handled.state, version: 2 });
    });

    it('reads it and decides anew where others have written meanwhile', async () => {
      const known = await handle(store, account, STREAM, pay(2), as('k1'));
      store.races = 1;
      const handled = await handle(store, account, STREAM, pay(10), as('k2'), known);
      expect(handled).toMatchObject({ state: { balance: 13 }, version: 3 });
    });

    it('is refused only by what stands in the log', async () => {
      const old = { state: { balance: 0, isClosed: true }, version: 0 };
      expect(await handle(store, account, STREAM, pay(2), as('k1'), old)).toMatchObject({ outcome: 'appended' });
      await handle(store, account, STREAM, { type: 'Close' }, as('k2'));
      const refused = handle(store, account, STREAM, pay(2), as('k3'), old);
      await expect(refused).rejects.toMatchObject({ code: 'account_closed' });
    });
  });

  it('tells a worker that its lease is gone', async () => {
    const leases = new MemoryLeaseStore();
    const fenced = new MemoryEventStore({ leases });
    const token = (await leases.take('job', 'one', 1_000)) as number;
    await leases.take('job', 'one', 1_000);
    const late = handle(fenced, account, STREAM, pay(1), as('k1', { fence: { lease: 'job', token } }));
    await expect(late).rejects.toMatchObject({ name: 'Fenced', lease: 'job' });
    expect(await fenced.position()).toBe(0);
  });
});
