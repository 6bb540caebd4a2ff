import { canonicalJson, entryHash, entryText, GENESIS_HASH, type RecordedEvent } from '@hub-export/contracts';
import { randomUUID } from 'node:crypto';
import { DATA_BYTES_MAX, EVENTS_PER_REQUEST_MAX } from '../append-limits.js';
import type { AppendRequest, EventStore } from '../event-store.js';
import type { LeaseStore } from '../lease-store.js';
import { event, freshStream, request } from './requests.js';

export interface StoreUnderTest {
  readonly store: EventStore;
  readonly leases: LeaseStore;
  close(): Promise<void>;
}

/** What every event store promises. */
export function describeEventStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`event store (${name})`, () => {
    let test: StoreUnderTest;
    let store: EventStore;
    beforeAll(async () => {
      test = await open();
      ({ store } = test);
    });
    afterAll(() => test.close());

    it('records the events of a command in their order, as they were given', async () => {
      const before = await store.position();
      const asked = request({
        events: [
          event({ b: 1, a: 'é\n\u0000"\\' }),
          event({ nested: [1.5, -0, 1e21, null, true] }, 'TransferReleased'),
        ],
        causationId: 'cause-1',
      });
      expect(await store.append(asked)).toEqual({ outcome: 'appended', position: before + 2, version: 2 });
      const events = await store.readStream(asked.streamId);
      expect(events).toEqual(
        asked.events.map(({ id, type, data }, place) => ({
          globalSeq: before + 1 + place,
          streamId: asked.streamId,
          version: 1 + place,
          id,
          type,
          data: JSON.parse(canonicalJson(data)) as unknown,
          correlationId: 'correlation-1',
          causationId: 'cause-1',
          recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        })),
      );
    });

    it('reads a stream from a version on, and nothing of an unknown one', async () => {
      const asked = request({ events: [event({ n: 1 }), event({ n: 2 }), event({ n: 3 })] });
      await store.append(asked);
      expect((await store.readStream(asked.streamId, 2)).map(({ version }) => version)).toEqual([2, 3]);
      expect(await store.readStream(asked.streamId, 4)).toEqual([]);
      expect(await store.readStream(freshStream())).toEqual([]);
    });

    it('refuses a decision that saw another version, and records nothing of it', async () => {
      const first = request();
      await store.append(first);
      const end = await store.position();
      for (const expectedVersion of [0, 2]) {
        const stale = request({ streamId: first.streamId, expectedVersion });
        expect(await store.append(stale)).toEqual({ outcome: 'conflict', streamId: first.streamId, actualVersion: 1 });
        expect(await store.findCommand(stale.command.key)).toBeNull();
      }
      expect(await store.position()).toBe(end);
    });

    it('lets exactly one of many commands win that saw the same version', async () => {
      const streamId = freshStream();
      const results = await Promise.all(Array.from({ length: 30 }, () => store.append(request({ streamId }))));
      expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(29);
      expect(await store.readStream(streamId)).toHaveLength(1);
    });

    it('refuses a decision that relied on a stream which has moved since', async () => {
      const relied = request();
      await store.append(relied);
      const absent = freshStream();
      const relying = (version: number): AppendRequest =>
        request({
          reliesOn: [
            { streamId: absent, version: 0 },
            { streamId: relied.streamId, version },
          ],
        });
      expect((await store.append(relying(1))).outcome).toBe('appended');
      expect(await store.append(relying(2))).toEqual({
        outcome: 'conflict',
        streamId: relied.streamId,
        actualVersion: 1,
      });
      await store.append(request({ streamId: absent }));
      expect(await store.append(relying(1))).toEqual({ outcome: 'conflict', streamId: absent, actualVersion: 1 });
    });

    it('sees what a command just before it did, however close they come', async () => {
      const [relied, streamId] = [freshStream(), freshStream()];
      const [, stale, next, again] = await Promise.all([
        store.append(request({ streamId: relied })),
        store.append(request({ reliesOn: [{ streamId: relied, version: 0 }] })),
        store.append(request({ streamId, reliesOn: [{ streamId: relied, version: 1 }] })),
        store.append(request({ streamId, expectedVersion: 1 })),
      ]);
      expect(stale).toMatchObject({ outcome: 'conflict', streamId: relied, actualVersion: 1 });
      expect(next).toMatchObject({ outcome: 'appended', version: 1 });
      expect(again).toMatchObject({ outcome: 'appended', version: 2 });
    });

    it('answers a repeated command with what it did, even when its stream has moved on', async () => {
      const asked = request({ events: [event(), event()] });
      const first = await store.append(asked);
      await store.append(request({ streamId: asked.streamId, expectedVersion: 2 }));
      const end = await store.position();
      const ids = asked.events.map(({ id }) => id);
      const again = { ...asked, expectedVersion: 3, events: [event()] };
      const position = (first as { position: number }).position;
      expect(await store.append(again)).toEqual({ outcome: 'repeated', position, eventIds: ids });
      expect(await store.position()).toBe(end);
      expect((await store.findCommand(asked.command.key))?.events.map(({ id }) => id)).toEqual(ids);
    });

    it('records a command once, however often it is said at the same moment', async () => {
      const asked = request();
      const results = await Promise.all(
        Array.from({ length: 20 }, () => store.append({ ...asked, events: [event()] })),
      );
      expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'repeated')).toHaveLength(19);
      expect(await store.readStream(asked.streamId)).toHaveLength(1);
    });

    it('refuses a key that was used for another command', async () => {
      const asked = request();
      await store.append(asked);
      const other = { ...asked, command: { key: asked.command.key, digest: 'asked-otherwise' } };
      expect(await store.append(other)).toEqual({ outcome: 'key_reused' });
    });

    it('remembers commands that changed nothing', async () => {
      const first = request();
      await store.append(first);
      const idle = request({ streamId: first.streamId, expectedVersion: 1, events: [] });
      const position = await store.position();
      expect(await store.append(idle)).toEqual({ outcome: 'appended', position, version: 1 });
      await store.append(request());
      expect(await store.append(idle)).toEqual({ outcome: 'repeated', position, eventIds: [] });
      expect(await store.findCommand(idle.command.key)).toEqual({ digest: 'asked', position, events: [] });
    });

    it('lets "nothing to do" be said only of the version that was seen', async () => {
      const first = request();
      await store.append(first);
      const stale = request({ streamId: first.streamId, expectedVersion: 0, events: [] });
      expect(await store.append(stale)).toMatchObject({ outcome: 'conflict', actualVersion: 1 });
    });

    it('records nothing of a writer whose lease was taken over or given back', async () => {
      const lease = `job-${randomUUID()}`;
      const under = (token: number): AppendRequest => request({ fence: { lease, token } });
      const first = (await test.leases.take(lease, 'one', 60_000)) as number;
      expect((await store.append(under(first))).outcome).toBe('appended');
      const second = (await test.leases.take(lease, 'one', 60_000)) as number;
      const late = under(first);
      expect(await store.append(late)).toEqual({ outcome: 'fenced' });
      expect(await store.readStream(late.streamId)).toEqual([]);
      expect((await store.append(under(second))).outcome).toBe('appended');
      await test.leases.release(lease, second);
      expect(await store.append(under(second))).toEqual({ outcome: 'fenced' });
    });

    it('keeps the order in which one caller appends', async () => {
      const asked = Array.from({ length: 450 }, () => request());
      const results = await Promise.all(asked.map((each) => store.append(each)));
      const positions = results.map((result) => (result as { position: number }).position);
      expect(positions).toEqual([...positions].sort((one, other) => one - other));
      expect(new Set(positions).size).toBe(450);
    });

    it.each([
      ['too_many_events', { events: Array.from({ length: EVENTS_PER_REQUEST_MAX + 1 }, () => event()) }],
      ['data_too_large', { events: [event({ text: 'é'.repeat(DATA_BYTES_MAX / 2) })] }],
      ['malformed_identity', { events: [{ ...event(), id: randomUUID().toUpperCase() }] }],
      ['malformed_identity', { events: [event({}, 'not a name')] }],
      ['malformed_identity', { streamId: 'transfer-with\nline feed' }],
      ['malformed_identity', { correlationId: '' }],
    ])('refuses what can never be recorded: %s', async (code, given) => {
      await expect(store.append(request(given))).rejects.toMatchObject({ name: 'AppendRefused', code });
    });

    it('refuses an event id that was used before, without harm to those who append beside it', async () => {
      const used = event();
      await store.append(request({ events: [used] }));
      const [good, bad, alsoGood] = await Promise.allSettled([
        store.append(request()),
        store.append(request({ events: [event(), used] })),
        store.append(request()),
      ]);
      expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'event_id_reused' } });
      expect([good.status, alsoGood.status]).toEqual(['fulfilled', 'fulfilled']);
    });

    it('knows nothing of a command it was never given', async () => {
      expect(await store.findCommand(randomUUID())).toBeNull();
    });

    it('numbers the log without a gap and chains every entry to the one before', async () => {
      const events = await readEverything(store);
      expect(events.map(({ globalSeq }) => globalSeq)).toEqual(events.map((_, place) => place + 1));
      expect(events).toHaveLength(await store.position());
      let chain = GENESIS_HASH;
      for (const recorded of events) {
        chain = entryHash(chain, entryText({ ...recorded, dataText: canonicalJson(recorded.data) }));
        expect(recorded.hash).toBe(chain);
      }
      const times = events.map(({ recordedAt }) => recordedAt);
      expect(times).toEqual([...times].sort());
    });
  });
}

/** The whole log, read in pages. */
export async function readEverything(store: EventStore): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await store.readAll(events.length, 100);
    if (page.length === 0) return events;
    events.push(...page);
  }
}
