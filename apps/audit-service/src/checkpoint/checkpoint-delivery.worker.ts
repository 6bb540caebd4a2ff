import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import type { CheckpointEndpoint } from './checkpoint-endpoint.client.js';
import { checkpointsAfter } from './checkpoint.table.js';

const BATCH = 20;
const PAUSE_FIRST_MS = 2_000;
const PAUSE_MAX_MS = 300_000;
const DELIVERED_FILE = 'delivered-to-endpoint';

/** Where checkpoints go besides the file. */
export interface DeliveryOptions {
  readonly folder: string;
  readonly endpoint: CheckpointEndpoint | null;
  /** Takes lines for a log shipper; null where there is none. */
  readonly output: ((line: string) => void) | null;
}

/**
 * Brings checkpoints out of the house: to standard output as they are made, and to an endpoint in their order, each
 * until it was taken. The place it has come to is kept beside the file's sink, so that nothing is told twice after a
 * restart. While the endpoint is away, tries become rarer, up to one in five minutes.
 */
export class CheckpointDelivery {
  private failures = 0;
  private notBefore = 0;
  private delivered: number | undefined;

  constructor(
    private readonly database: ServiceDatabase,
    private readonly options: DeliveryOptions,
    private readonly log: Log,
  ) {}

  /** As one line of JSON. Not a line of the log: no level of it may keep an anchor in the house. */
  toOutput(size: number, note: string): void {
    this.options.output?.(`${JSON.stringify({ event: 'audit_checkpoint', size, note })}\n`);
  }

  /** How many were taken by the endpoint. */
  async runOnce(): Promise<number> {
    const { endpoint } = this.options;
    if (endpoint === null || Date.now() < this.notBefore) return 0;
    this.delivered ??= await this.read();
    let count = 0;
    const waiting = await this.database.transaction((tx) => checkpointsAfter(this.delivered ?? 0, BATCH, tx));
    for (const { size, note } of waiting) {
      const refused = await endpoint.take(note);
      if (refused !== null) {
        this.rest(refused);
        return count;
      }
      await this.keep(size);
      count += 1;
    }
    this.failures = 0;
    return count;
  }

  private rest(code: string): void {
    this.failures += 1;
    const pause = Math.min(PAUSE_FIRST_MS * 2 ** (this.failures - 1), PAUSE_MAX_MS);
    this.notBefore = Date.now() + pause;
    this.log.warn({ event: 'audit_checkpoint_not_delivered', code, delay_ms: pause });
  }

  private async read(): Promise<number> {
    const text = await readFile(join(this.options.folder, DELIVERED_FILE), 'utf8').catch(() => '');
    return /^\d{1,15}\n?$/.test(text) ? Number(text) : 0;
  }

  private async keep(size: number): Promise<void> {
    const path = join(this.options.folder, DELIVERED_FILE);
    await mkdir(this.options.folder, { recursive: true, mode: 0o750 });
    await writeFile(`${path}.${process.pid}`, `${size}\n`);
    await rename(`${path}.${process.pid}`, path);
    this.delivered = size;
  }
}
