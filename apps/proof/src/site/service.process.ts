import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { CHILD_ENVIRONMENT } from '../config.js';

export type ServiceName = 'marking-service' | 'transfer-service' | 'audit-service';

/** The workspace's folder, from `apps/proof/src/site` and from `apps/proof/dist/site` alike. */
const ROOT = join(import.meta.dirname, '../../../..');
/** A service's own limit for its stop is 30 s; one that is still there after this is ended. */
const STOP_LIMIT_MS = 45_000;

/** The environment a service sees: what it is given, and nothing of ours but the way to programs. */
export type Variables = Readonly<Record<string, string>>;

/** A service as operations run it: its own process, spoken to by HTTP and the bus only. */
export class ServiceProcess {
  private child: ChildProcess | null = null;
  private readonly log: WriteStream;

  constructor(
    readonly name: ServiceName,
    readonly port: number,
    private readonly variables: Variables,
    logFile: string,
  ) {
    this.log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Another process of the same service with the same variables. */
  beside(port: number, logFile: string): ServiceProcess {
    return new ServiceProcess(this.name, port, this.variables, logFile);
  }

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isRunning(): boolean {
    return this.child !== null;
  }

  /** How often it was started. */
  starts = 0;
  /** The signal that ended it last; `null` where it ended by itself, or was asked to. */
  endedBy: NodeJS.Signals | null = null;
  /** It was told to end since it was last started. */
  isTold = false;

  start(): void {
    if (this.child !== null) throw new Error(`${this.name} runs already.`);
    const child = spawn(process.execPath, [join(ROOT, 'apps', this.name, 'dist/main.js')], {
      env: { ...CHILD_ENVIRONMENT, ...this.variables, PORT: String(this.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(this.log, { end: false });
    child.stderr.pipe(this.log, { end: false });
    child.on('exit', (_code, signal) => {
      this.endedBy = signal;
      if (this.child === child) this.child = null;
    });
    this.child = child;
    this.starts += 1;
    this.isTold = false;
  }

  /** Sends the signal and waits until the process is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (child === null) return null;
    this.isTold = true;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    // Node itself now and then waits for ever for one of its own threads when a process exits.
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    const [code] = await exited;
    clearTimeout(limit);
    return code;
  }

  /** Stops it where it stands, or lets it go on, as a frozen machine would. */
  freeze(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(signal);
  }

  async close(): Promise<void> {
    this.freeze('SIGCONT');
    await this.end('SIGTERM');
    this.log.end();
  }
}

/** Brings a service's schema up, as a deployment does before it starts the service. */
export async function migrate(name: ServiceName, ownerUrl: string): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'apps', name, 'dist/migrate.js')], {
    env: { ...CHILD_ENVIRONMENT, MIGRATION_DATABASE_URL: ownerUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The migration of ${name} ended with ${code}.`);
}
