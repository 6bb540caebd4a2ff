import {
  logTail,
  type ProcessPlan,
  SERVICE_NODE_ENVIRONMENT,
  SERVICE_NODE_OPTIONS,
  type ServerProcess,
  startProcess,
} from '@hub-export/local-servers';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { programOf, ROOT } from './layout.js';

/** A service as this site runs it. */
export interface ServicePlan {
  /** The folder of the app, which is the name of the service. */
  readonly app: string;
  /** Whole: nothing else of our own environment reaches the service, but PATH and the like. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SupervisorOptions {
  readonly logs: string;
  readonly say: (line: string) => void;
}

const RESTART_DELAY_MS = 1_000;
/** A service that ran as long as this had a start that was good; its restarts are counted anew. */
const STEADY_MS = 10 * 60_000;

/** Runs services as processes, starts again what was killed, and leaves none behind. */
export class Supervisor {
  /** Resolves with the reason when a service ended for good; never rejects. */
  readonly failed: Promise<Error>;

  private readonly running = new Set<ServerProcess>();
  private readonly watches: Promise<void>[] = [];
  private readonly restarts = new Map<string, number>();
  private readonly stopping = new AbortController();
  private restartsMax = 0;
  private fail: (reason: Error) => void = () => undefined;

  constructor(private readonly options: SupervisorOptions) {
    this.failed = new Promise((resolve) => (this.fail = resolve));
  }

  /** @throws Error where the service is not built. */
  async start(plan: ServicePlan): Promise<void> {
    const service = await startProcess(this.processOf(plan));
    this.running.add(service);
    if (this.stopping.signal.aborted) await service.stop();
    this.watches.push(this.watch(plan, service));
  }

  /**
   * From now on a service that ends is started again, so often in a row at most. Until then every end is final: a
   * service that cannot even start, most likely by its configuration, would not start the next time either.
   */
  keepRunning(restartsMax: number): void {
    this.restartsMax = restartsMax;
  }

  /** Stops all of them in order, together. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.running].map((service) => service.stop()));
    await Promise.all(this.watches);
    // A service that was about to be started again has been stopped by its start.
    await Promise.all(this.watches);
  }

  logFileOf(app: string): string {
    return join(this.options.logs, `${app}.log`);
  }

  private async watch(plan: ServicePlan, service: ServerProcess): Promise<void> {
    const startedAt = performance.now();
    const code = await service.exited;
    this.running.delete(service);
    if (this.stopping.signal.aborted) return;
    const how = code === null ? 'was killed' : `ended with code ${code}`;
    const wasSteady = performance.now() - startedAt > STEADY_MS;
    const restarts = wasSteady ? 1 : (this.restarts.get(plan.app) ?? 0) + 1;
    if (restarts > this.restartsMax) {
      const log = this.logFileOf(plan.app);
      this.fail(new Error(`${plan.app} ${how}. The last lines of ${log}:\n${logTail(log)}`));
      return;
    }
    this.restarts.set(plan.app, restarts);
    this.options.say(`${plan.app} ${how} and is started again (${restarts} of ${this.restartsMax})`);
    const { signal } = this.stopping;
    await wait(RESTART_DELAY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await this.start(plan);
  }

  private processOf({ app, environment }: ServicePlan): ProcessPlan {
    const program = programOf(app, 'main');
    if (!existsSync(program)) throw new Error(`${app} is not built: run "npm run build" first.`);
    return {
      name: app,
      command: process.execPath,
      args: [...SERVICE_NODE_OPTIONS, program],
      cwd: ROOT,
      env: { ...basicEnvironment(), ...SERVICE_NODE_ENVIRONMENT, ...environment },
      user: undefined,
      logFile: this.logFileOf(app),
      stopSignal: 'SIGTERM',
    };
  }
}

/** What a process needs to run at all; everything else it is told. */
export function basicEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(kept);
}
