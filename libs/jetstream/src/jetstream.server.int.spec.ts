import 'reflect-metadata';
import { eventually, type FreshNats, freshNats } from '@hub-export/testing';
import { Controller, type INestApplication, Module, ValidationPipe } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { of } from 'rxjs';
import { type Bus, connectBus } from './bus.client.js';
import { type BusMessage, JetStreamEventBus, publishTo } from './event-bus.client.js';
import { type Classify, Unprocessable } from './failure.js';
import { JetStreamContext } from './jetstream.context.js';
import { JetStreamServer, type JetStreamServerOptions } from './jetstream.server.js';
import { OnJetStream } from './on-jetstream.decorator.js';
import { managerOf, provision } from './provision.client.js';
import { busStreams } from './streams.js';

class Queued {
  @IsString()
  key!: string;
}

class TableAway extends Error {}

const calls: string[] = [];
let failWith: Error | undefined;

@Controller()
class SpecConsumer {
  @OnJetStream('hub-export.v1.transfer.TransferQueued.*')
  async onQueued(@Payload() event: Queued, @Ctx() context: JetStreamContext): Promise<void> {
    if (failWith) throw failWith;
    calls.push(`queued ${event.key} at ${context.sequence} of ${context.headers['source'] ?? 'nobody'}`);
    context.working();
  }

  @OnJetStream('hub-export.v1.transfer.>')
  onAny(@Ctx() context: JetStreamContext) {
    calls.push(`any ${context.subject.split('.')[3]} ${context.id} ${context.deliveries}`);
    return of('an answer nobody waits for');
  }

  @OnJetStream('site.>')
  onSite(@Payload() bytes: Buffer): void {
    calls.push(`site ${bytes.byteLength} bytes`);
  }
}

@Module({ controllers: [SpecConsumer] })
class SpecModule {}

// Real: nats-server, and Nest with a global pipe as the services have it.
describe('the JetStream transport of Nest', () => {
  const streams = busStreams();
  const apps: INestApplication[] = [];
  let nats: FreshNats;
  let bus: Bus;
  let events: JetStreamEventBus;

  beforeAll(async () => {
    nats = await freshNats();
    bus = connectBus({ servers: nats.url, name: 'spec' });
    events = new JetStreamEventBus(bus, streams.HUB_EXPORT);
  });
  beforeEach(async () => {
    await nats.wipe();
    await eventually(() => bus.status().up, { what: 'the bus is up' });
    await eventually(async () => provision(await bus.connection(), { streams: Object.values(streams) }), {
      what: 'the streams are there',
    });
    calls.length = 0;
    failWith = undefined;
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });
  afterAll(async () => {
    await bus.close();
    await nats.stop();
  });

  async function serve(options: Partial<JetStreamServerOptions> = {}): Promise<JetStreamServer> {
    const server = new JetStreamServer({
      bus,
      streams,
      stream: 'HUB_EXPORT',
      durable: 'nest',
      filter: 'hub-export.v1.>',
      checkEveryMs: 1_000,
      retryDelay: () => 20,
      ...options,
    });
    const tested = await Test.createTestingModule({ imports: [SpecModule] }).compile();
    const app = tested.createNestApplication({ logger: false });
    app.useGlobalPipes(new ValidationPipe({ exceptionFactory: () => new Unprocessable('not_the_contract') }));
    app.connectMicroservice({ strategy: server }, { inheritAppConfig: true });
    await app.startAllMicroservices();
    apps.push(app);
    return server;
  }

  async function done(server: JetStreamServer, messages: number): Promise<void> {
    await eventually(
      () => {
        const { handled, parked } = server.stats();
        return handled + parked === messages;
      },
      { what: `${messages} messages are done` },
    );
  }

  async function durableInfo(name: string): Promise<ConsumerInfo> {
    return (await managerOf(await bus.connection())).consumers.info('HUB_EXPORT', name);
  }

  it('gives each handler what its filter asks for, with the parsed body and the context', async () => {
    await events.publish([event(1, 'TransferQueued'), event(2, 'TransferCompleted'), event(3, 'NodeDefined', 'node')]);
    const server = await serve();
    await done(server, 3);
    expect(calls).toEqual(['queued k-1 at 1 of spec', 'any TransferQueued id-1 1', 'any TransferCompleted id-2 1']);
    expect(server.stats()).toMatchObject({ handled: 3, parked: 0 });
  });

  it('parks what is not JSON at once', async () => {
    await events.publish([{ ...event(1, 'TransferQueued'), body: '{"key":' }, event(2, 'TransferQueued')]);
    const server = await serve();
    await done(server, 2);
    expect(await server.listParked(10)).toMatchObject([{ sequence: 1, reason: 'not_json', deliveries: 1 }]);
    expect(calls).toContain('queued k-2 at 2 of spec');
  });

  it('applies the pipes of the app, and parks what they refuse', async () => {
    await events.publish([{ ...event(1, 'TransferQueued'), body: '{"key":7}' }]);
    const server = await serve();
    await done(server, 1);
    expect(await server.listParked(10)).toMatchObject([{ sequence: 1, reason: 'not_the_contract' }]);
    expect(calls).toEqual([]);
  });

  it('sees the very error of a handler, so that it can be told what it means', async () => {
    failWith = new TableAway();
    await events.publish([event(1, 'TransferQueued')]);
    const seen: unknown[] = [];
    const classify: Classify = (error) => {
      seen.push(error);
      return { action: 'hold', code: 'table_away' };
    };
    const server = await serve({ classify });
    await eventually(() => server.stats().held >= 2, { what: 'it is held' });
    failWith = undefined;
    await done(server, 1);
    expect(seen.every((error) => error instanceof TableAway)).toBe(true);
    expect(calls).toContain('any TransferQueued id-1 1');
  });

  it('drives what it has parked through the same handlers', async () => {
    failWith = new Unprocessable('not_yet_known');
    await events.publish([event(1, 'TransferQueued')]);
    const server = await serve();
    await done(server, 1);
    failWith = undefined;
    expect(await server.driveParked({ limit: 10 })).toEqual({ handled: 1, parkedAgain: 0 });
    expect(calls).toEqual(['queued k-1 at 1 of spec', 'any TransferQueued id-1 1']);
    expect(await server.listParked(10)).toEqual([]);
  });

  it('hands over bytes where asked to, and leaves no handled message in the stream of the site', async () => {
    await publishTo(bus, { subject: 'site.a.resource.changed', body: 'x'.repeat(2_000_000), id: 'snapshot' });
    const server = await serve({ stream: 'HUB_EXPORT_SITE', filter: 'site.>', body: 'bytes' });
    await done(server, 1);
    expect(calls).toEqual(['site 2000000 bytes']);
    const left = async (): Promise<boolean> => {
      const connection = await bus.connection();
      const info = (await connection.request('$JS.API.STREAM.INFO.HUB_EXPORT_SITE')).json<{
        state: { messages: number };
      }>();
      return info.state.messages === 0;
    };
    await eventually(left, { what: 'the message has left the stream' });
  });

  it('passes over what no handler asked for, or parks it where asked to', async () => {
    await events.publish([event(1, 'NodeDefined', 'node')]);
    const passing = await serve({ durable: 'passing' });
    const parking = await serve({ durable: 'parking', unmatched: 'park' });
    await done(passing, 1);
    await done(parking, 1);
    expect(passing.stats()).toMatchObject({ handled: 1, parked: 0 });
    expect(await parking.listParked(10)).toMatchObject([{ reason: 'no_handler' }]);
  });

  it('stops with the app, and leaves the connection to its owner', async () => {
    const server = await serve();
    const pulls = async (): Promise<number> => (await durableInfo('nest')).num_waiting;
    await eventually(async () => (await pulls()) === 1, { what: 'it pulls' });
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await events.publish([event(1, 'TransferQueued')]);
    expect([await pulls(), (await durableInfo('nest')).num_pending]).toEqual([0, 1]);
    expect(bus.status().up).toBe(true);
    expect(server.stats().handled).toBe(0);
  });
});

function event(sequence: number, type: string, aggregate = 'transfer'): BusMessage {
  return {
    sequence,
    subject: `hub-export.v1.${aggregate}.${type}.t-${sequence}`,
    id: `id-${sequence}`,
    body: JSON.stringify({ key: `k-${sequence}` }),
    headers: { source: 'spec' },
  };
}
