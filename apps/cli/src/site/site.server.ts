import { createDevSigner, type DevSigner } from '@hub-export/http-edge';
import { startNats, startPostgres } from '@hub-export/local-servers';
import { mkdir } from 'node:fs/promises';
import { keepCheckpointKey } from './checkpoint-key.file.js';
import { createDatabases, createUsers } from './databases.server.js';
import type { SiteKind, SiteLayout } from './layout.js';
import { migrate, type MigrationTargets } from './migrations.process.js';
import { type PortReservations, reservePorts } from './port-reservations.server.js';
import type { Ports } from './ports.js';
import { waitUntilReady } from './readiness.client.js';
import { PAGE_SERVER, servicePlans } from './service-plans.js';
import { readSiteState, writeSiteState } from './site-state.file.js';
import { serviceUrl } from './site-state.js';
import { Supervisor } from './supervisor.process.js';

export interface SiteOptions {
  readonly kind: SiteKind;
  readonly layout: SiteLayout;
  /** The ports to take where they are free, and whether they come before those of the last run. */
  readonly wantedPorts: { readonly ports: Ports; readonly insteadOfLast: boolean };
  /** The owner's address of an existing database; null starts PostgreSQL here. */
  readonly databaseUrl: string | null;
  /** An existing bus; null starts nats-server here. */
  readonly natsUrl: string | null;
  readonly mediaRoot: string;
  /** For the services: sign-in, log level and what the operator set. */
  readonly environment: (signer: DevSigner) => Readonly<Record<string, string>>;
  /** So often in a row a service that ended is started again, once all were ready. 0 gives up at the first end. */
  readonly restartsMax: number;
  readonly say: (line: string) => void;
  /** Ends the start between two steps; `stop` then stops what runs. */
  readonly signal: AbortSignal;
}

/** The servers and services of one site on this machine. */
export class LocalSite {
  readonly supervisor: Supervisor;
  private readonly stops: (() => Promise<void>)[] = [];

  private constructor(
    private readonly options: SiteOptions,
    private readonly reservations: PortReservations,
    readonly signer: DevSigner,
  ) {
    this.supervisor = new Supervisor({ logs: options.layout.logs, say: options.say });
  }

  /** Chooses the ports and makes the folders; nothing runs yet. */
  static async prepare(options: SiteOptions): Promise<LocalSite> {
    const { kind, layout, wantedPorts } = options;
    await mkdir(layout.logs, { recursive: true });
    await mkdir(options.mediaRoot, { recursive: true });
    const last = wantedPorts.insteadOfLast ? {} : (readSiteState(layout.stateFile)?.ports ?? {});
    const reservations = await reservePorts(wantedPorts.ports, last);
    const { ports } = reservations;
    writeSiteState(layout.stateFile, { kind, pid: process.pid, started_at: new Date().toISOString(), ports });
    return new LocalSite(options, reservations, await createDevSigner(layout.signIn));
  }

  /** @throws Error that says which part did not start, and where its log is. */
  async start(): Promise<void> {
    const { layout, environment, mediaRoot, say, signal } = this.options;
    const [targets, natsUrl] = await allOrFirstFault([this.startDatabase(), this.startBus()]);
    signal.throwIfAborted();
    await timed(say, 'Database schemas are up to date', () => migrate(targets, layout.logs));
    await createUsers(targets, layout.secrets);
    keepCheckpointKey(layout);
    signal.throwIfAborted();
    const plans = servicePlans({
      layout,
      ports: this.ports,
      natsUrl,
      mediaRoot,
      environment: environment(this.signer),
    });
    await timed(say, 'marking-service, transfer-service, audit-service and the page are ready', async () => {
      for (const plan of plans) await this.supervisor.start(plan);
      await this.unlessFailed(
        Promise.all((['marking', 'transfer', 'audit', 'page'] as const).map((name) => this.ready(name))),
      );
    });
    this.supervisor.keepRunning(this.options.restartsMax);
  }

  /** What is waited for, or the reason why it will not come: a service ended for good, or the run was interrupted. */
  async unlessFailed<Value>(awaited: Promise<Value>): Promise<Value> {
    const { signal } = this.options;
    const failed = this.supervisor.failed.then((reason) => Promise.reject(reason));
    const interrupted = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return Promise.race([awaited, failed, interrupted]);
  }

  /** The services first, then what they rest on. */
  async stop(): Promise<void> {
    await this.supervisor.stop();
    await Promise.all(this.stops.map((stop) => stop()));
    await this.reservations.release();
  }

  get ports(): Ports {
    return this.reservations.ports;
  }

  private async ready(name: 'marking' | 'transfer' | 'audit' | 'page'): Promise<void> {
    await waitUntilReady(
      name === 'page' ? PAGE_SERVER : `${name}-service`,
      serviceUrl(this.ports, name),
      this.options.signal,
    );
  }

  private async startDatabase(): Promise<MigrationTargets> {
    const { databaseUrl, layout, say } = this.options;
    if (databaseUrl !== null) return { ownerUrl: databaseUrl, auditOwnerUrl: databaseUrl };
    const server = await timed(say, 'PostgreSQL is started', () =>
      startPostgres({ dataDir: layout.postgres, durable: true }),
    );
    this.stops.push(() => server.stop());
    return createDatabases(server.url);
  }

  private async startBus(): Promise<string> {
    const { natsUrl, layout, say } = this.options;
    if (natsUrl !== null) return natsUrl;
    const server = await timed(say, 'nats-server is started', () =>
      startNats({ storeDir: layout.nats, syncAlways: true, onProgress: say }),
    );
    this.stops.push(() => server.stop());
    return server.url;
  }
}

/** Like `Promise.all`, but waits for both, so that what has been started is known when the other fails. */
async function allOrFirstFault<A, B>([first, second]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

async function timed<Value>(say: (line: string) => void, text: string, work: () => Promise<Value>): Promise<Value> {
  const startedAt = performance.now();
  const value = await work();
  say(`${text} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return value;
}
