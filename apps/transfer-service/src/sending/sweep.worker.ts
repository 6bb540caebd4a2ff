import type { AppendSignal } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import type { ViewPosition } from '@hub-export/service-runtime';
import { setTimeout as pause } from 'node:timers/promises';
import type { QueuePolicies } from '../transfer/policies.worker.js';
import type { Sender } from './sender.worker.js';
import type { WakeUp } from './wake-up.service.js';
import type { Ways } from './ways.service.js';

/** Rounds begin at least so far apart, in milliseconds: every append rings, and a round looks at all that waits. */
const ROUND_GAP_MS = 50;
/** The same while nothing can be begun here anyway, unless a place gets free. */
const FULL_ROUND_GAP_MS = 500;

/**
 * Drives policies and sender: at every ring, at every append, and at least once in an interval, since a message of the
 * bus or a notification may be lost.
 */
export class Sweep {
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly parts: {
      readonly ways: Ways;
      readonly policies: QueuePolicies;
      readonly sender: Sender;
      readonly wakeUp: WakeUp;
      readonly signal: AppendSignal;
      readonly view: ViewPosition;
      readonly log: Log;
    },
    private readonly intervalMs: number,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = this.parts.signal.subscribe(() => this.parts.wakeUp.ring());
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    this.parts.wakeUp.ring();
    await this.parts.sender.stop();
    await this.loop;
  }

  async runOnce(): Promise<{ readonly queued: number; readonly begun: number }> {
    // What was just appended is work too, so the view that is searched must hold it.
    await this.parts.view.catchUp();
    const standing = await this.parts.ways.all();
    const { queued } = await this.parts.policies.runOnce(standing);
    const { begun } = await this.parts.sender.runOnce(standing);
    return { queued, begun };
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const begunAt = performance.now();
      try {
        await this.runOnce();
      } catch (error) {
        // The database may be away; the next round finds out.
        this.parts.log.warn({ event: 'sweep_failed', ...errorFields(error) });
      }
      await this.parts.wakeUp.wait(this.intervalMs);
      await this.keepGap(begunAt);
    }
  }

  /** What rings in the meantime is in the next round. */
  private async keepGap(begunAt: number): Promise<void> {
    const leftMs = (gapMs: number) => begunAt + gapMs - performance.now();
    if (leftMs(ROUND_GAP_MS) > 0 && !this.stopped) await pause(leftMs(ROUND_GAP_MS));
    while (this.parts.sender.isFull && leftMs(FULL_ROUND_GAP_MS) > 0 && !this.stopped)
      await this.parts.wakeUp.wait(leftMs(FULL_ROUND_GAP_MS));
  }
}
