import { MemoryEventStore, type NewEvent } from '@hub-export/event-store';
import type { Bus } from '@hub-export/jetstream';
import { eventually } from '@hub-export/testing';
import { randomUUID } from 'node:crypto';
import { intentOf, live, order } from '../testing/transfers.testing.js';
import { LiveFeed } from './live-feed.service.js';
import { type LiveMessage, progressOf } from './live-message.js';

const { accept, mark, queue, register } = order;
const PROGRESS = progressOf({
  transfer_id: 't',
  source_center_key: 'center-a',
  bytes_sent: 1,
  bytes_total: 2,
  elapsedMs: 1,
});

describe('the live feed', () => {
  let store: MemoryEventStore;
  let bus: FakeBus;
  let feed: LiveFeed;
  let heard: LiveMessage[];

  beforeEach(() => {
    store = new MemoryEventStore();
    bus = new FakeBus();
    feed = new LiveFeed(store, store, bus as unknown as Bus);
    feed.onApplicationBootstrap();
    heard = [];
  });

  afterEach(() => feed.beforeApplicationShutdown());

  it('tells every change since somebody listens, in order, though several come with one append', async () => {
    await record(live([mark()]).events.length);
    feed.subscribe((message) => heard.push(message));
    await settled();
    await record(4, 1);
    await eventually(() => heard.length === 3, { what: 'three changes' });
    expect(heard.map((message) => message.kind === 'change' && [message.event, message.position])).toEqual([
      ['TransferQueued', 2],
      ['RegistrationStarted', 3],
      ['RegistrationAccepted', 4],
    ]);
  });

  it('tells a listener that comes later nothing of what was before', async () => {
    const first = feed.subscribe(() => undefined);
    await settled();
    first.unsubscribe();
    await record(3);
    feed.subscribe((message) => heard.push(message));
    await settled();
    await record(4, 3);
    await eventually(() => heard.length > 0, { what: 'the last change' });
    expect(heard).toMatchObject([{ event: 'RegistrationAccepted', position: 4 }]);
  });

  it('begins with the first append after the database was away, without telling what is older', async () => {
    const position = store.position.bind(store);
    store.position = () => Promise.reject(new Error('away'));
    feed.subscribe((message) => heard.push(message));
    await settled();
    store.position = position;
    await record(3);
    await settled();
    await record(4, 3);
    await eventually(() => heard.length > 0, { what: 'the last change' });
    expect(heard).toMatchObject([{ event: 'RegistrationAccepted', position: 4 }]);
  });

  it('tells of a change which transfer it was and where it stands, and no more', async () => {
    feed.subscribe((message) => heard.push(message));
    await settled();
    await record(1);
    await eventually(() => heard.length === 1, { what: 'the mark' });
    const { transfer_id } = intentOf();
    expect(heard).toEqual([
      { kind: 'change', transfer_id, event: 'ResourceMarked', at: expect.any(String), position: 1 },
    ]);
  });

  it('tells here and on the bus how far an upload is', async () => {
    feed.subscribe((message) => heard.push(message));
    await settled();
    const progress = { bytesSent: 0 };
    const end = feed.follow(intentOf(), 100, progress);
    progress.bytesSent = 100;
    end();
    const { transfer_id, source_center_key } = intentOf();
    const told = { kind: 'progress', transfer_id, source_center_key, bytes_sent: 100, bytes_total: 100 };
    expect(heard).toMatchObject([told]);
    expect(bus.published.map((text) => JSON.parse(text))).toMatchObject([told]);
  });

  it('hears what other processes send, and not itself', async () => {
    feed.subscribe((message) => heard.push(message));
    await settled();
    bus.say(JSON.stringify({ ...PROGRESS, from: 'another' }));
    feed.follow(intentOf(), 100, { bytesSent: 1 })();
    bus.say(bus.published[0] ?? '');
    expect(heard).toHaveLength(2);
    expect(heard[0]).toEqual(PROGRESS);
  });

  it('is not disturbed by what is no progress', async () => {
    feed.subscribe((message) => heard.push(message));
    await settled();
    for (const text of ['{', 'null', '{"kind":"progress"}']) bus.say(text);
    bus.fail();
    bus.say(JSON.stringify({ ...PROGRESS, from: 'another' }));
    expect(heard).toEqual([PROGRESS]);
  });

  it('ends no upload for the bus: while it is away nothing is kept for it, and when it breaks nothing is thrown', async () => {
    await settled();
    bus.up = false;
    feed.follow(intentOf(), 100, { bytesSent: 1 })();
    expect(bus.published).toEqual([]);
    bus.up = true;
    bus.breaks = true;
    expect(() => feed.follow(intentOf(), 100, { bytesSent: 1 })()).not.toThrow();
  });

  /** Appends the example transfer's facts up to this one. */
  async function record(upTo: number, from = 0): Promise<void> {
    const { events } = live([mark(), queue(), register(), accept()]);
    const added = events
      .slice(from, upTo)
      .map(({ type, ...data }) => ({ id: randomUUID(), type, data }) as unknown as NewEvent);
    await store.append({
      streamId: `transfer-${intentOf().transfer_id}`,
      expectedVersion: from,
      events: added,
      command: { key: randomUUID(), digest: 'x' },
      correlationId: randomUUID(),
      causationId: null,
    });
  }

  /** The feed has read where the log ends. */
  async function settled(): Promise<void> {
    await eventually(() => bus.subscribed, { what: 'the subscription' });
    await new Promise((resolve) => setImmediate(resolve));
  }
});

/** A bus whose one connection the test holds in its hands. */
class FakeBus {
  readonly published: string[] = [];
  up = true;
  breaks = false;
  private callback: ((error: Error | null, message: { string(): string }) => void) | undefined;

  get subscribed(): boolean {
    return this.callback !== undefined;
  }

  say(text: string): void {
    this.callback?.(null, { string: () => text });
  }

  fail(): void {
    this.callback?.(new Error('permissions'), {} as { string(): string });
  }

  status() {
    return { up: this.up };
  }

  onReconnect(): () => void {
    return () => undefined;
  }

  async connection() {
    return {
      publish: (_subject: string, payload: string) => {
        if (this.breaks) throw new Error('closed');
        this.published.push(payload);
      },
      subscribe: (_subject: string, { callback }: { callback: FakeBus['callback'] }) => {
        this.callback = callback;
        return { unsubscribe: () => undefined };
      },
    };
  }
}
