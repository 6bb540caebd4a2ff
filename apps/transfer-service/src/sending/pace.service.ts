import type { DataSource } from 'typeorm';
import { setTimeout as wait } from 'node:timers/promises';
import { portionOf, requestEveryMs } from './pace.js';

/** Waits until bytes may leave. */
export interface ByteGrants {
  /** How many bytes may go now; `null` where the call was broken off meanwhile. */
  next(signal: AbortSignal): Promise<number | null>;
}

/** No line is longer: one that is says that the database's clock was set back, or that places were given up. */
const PLACES_MAX = 256;

/**
 * A hub's request rate and bandwidth, over all processes: each request and each portion of bytes takes the next free
 * place in one line of the database, one behind the other by the database's clock, and waits for it.
 */
export class HubPace {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The place of the next request.
   * @param withinMs no place is taken that is further away than this, in milliseconds; any is where it is `null`
   * @returns false where the call was broken off meanwhile, or no place was taken
   */
  async request(
    nodeKey: string,
    requestsPerSecond: number,
    signal: AbortSignal,
    withinMs: number | null = null,
  ): Promise<boolean> {
    return this.waitFor(nodeKey, 'requests', requestEveryMs(requestsPerSecond), signal, withinMs);
  }

  /** Under this cap; `null` is none, and then nothing waits. */
  bytes(nodeKey: string, bytesPerSecond: number | null): ByteGrants | null {
    if (bytesPerSecond === null) return null;
    const { bytes, takesMs } = portionOf(bytesPerSecond);
    return { next: async (signal) => ((await this.waitFor(nodeKey, 'bytes', takesMs, signal)) ? bytes : null) };
  }

  private async waitFor(
    nodeKey: string,
    what: 'requests' | 'bytes',
    takesMs: number,
    signal: AbortSignal,
    withinMs: number | null = null,
  ): Promise<boolean> {
    if (signal.aborted) return false;
    const [row] = await this.dataSource.query<readonly { readonly wait_ms: number }[]>(
      `INSERT INTO transfer.paces AS pace (node_key, what, free_at)
         VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (node_key, what) DO UPDATE
         SET free_at = $3 * interval '1 millisecond' + greatest(clock_timestamp(),
           least(pace.free_at, clock_timestamp() + $5::float8 * $3 * interval '1 millisecond'))
         WHERE $4::float8 IS NULL OR pace.free_at <= clock_timestamp() + $4::float8 * interval '1 millisecond'
       RETURNING (extract(epoch FROM free_at - clock_timestamp()) * 1000 - $3)::float8 AS wait_ms`,
      [nodeKey, what, takesMs, withinMs, PLACES_MAX],
    );
    if (row === undefined) return false;
    const waitMs = Math.ceil(row.wait_ms);
    if (waitMs > 0) await wait(waitMs, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }
}
