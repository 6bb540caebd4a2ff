import { eventually } from '@hub-export/testing';
import { jest } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { AppendSignal } from './append-signal.js';
import type { DocumentStore } from './document-store.js';
import { APPEND_SIGNAL, DOCUMENT_STORE, EVENT_STORE, EventStoreModule, LEASE_STORE } from './event-store.module.js';
import type { EventStore } from './event-store.js';
import type { LeaseStore } from './lease-store.js';
import { Relay } from './relay.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';
import { MemoryBus } from './testing/memory-bus.js';
import { request } from './testing/requests.js';

jest.setTimeout(30_000);

@Injectable()
class Service {
  constructor(
    @Inject(EVENT_STORE) readonly events: EventStore,
    @Inject(LEASE_STORE) readonly leases: LeaseStore,
    @Inject(DOCUMENT_STORE) readonly documents: DocumentStore,
    @Inject(APPEND_SIGNAL) readonly signal: AppendSignal,
  ) {}
}

describe('the module', () => {
  let log: FreshLog;
  beforeAll(async () => {
    log = await freshLog();
  });
  afterAll(() => log.drop());

  it('hands a service its parts, publishes while the application runs, and leaves no session behind', async () => {
    const [bus, reports] = [new MemoryBus(), [] as string[]];
    const store = EventStoreModule.with({
      url: log.urls.transfer,
      applicationName: 'module',
      relayTo: bus,
      report: (code) => reports.push(code),
    });
    const app = await Test.createTestingModule({ imports: [store], providers: [Service] }).compile();
    await app.init();
    const service = app.get(Service);

    let woken = 0;
    service.signal.subscribe(() => (woken += 1));
    expect((await service.events.append(request())).outcome).toBe('appended');
    await eventually(() => bus.messages.length === 1 && woken > 0, {
      what: 'the event is on the bus and a subscriber was woken',
    });
    expect(app.get(Relay).position()).toBe(1);
    expect(await service.leases.take('job', 'one', 1_000)).toBe(1);
    expect(await service.documents.get(await service.documents.put({ a: 1 }))).toEqual({ a: 1 });

    await app.close();
    const sessions = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE '%transfer'`;
    await eventually(async () => (await log.query(sessions)).length === 0, { what: 'every session has ended' });
    expect(reports).toEqual(['relay_leads']);
  });

  it('runs no relay where it is given no bus', async () => {
    const store = EventStoreModule.with({ url: log.urls.marking, applicationName: 'module' });
    const app = await Test.createTestingModule({ imports: [store], providers: [Service] }).compile();
    expect(() => app.get(Relay)).toThrow();
    await app.close();
  });
});
