import type { AppendSignal } from '@hub-export/event-store';
import { errorFields, type Log } from '@hub-export/http-edge';
import type { ViewPosition } from '@hub-export/service-runtime';
import type { QueuePolicies } from '../transfer/policies.worker.js';
import type { Sender } from './sender.worker.js';
import type { WakeUp } from './wake-up.service.js';

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
    const { queued } = await this.parts.policies.runOnce();
    const { begun } = await this.parts.sender.runOnce();
    return { queued, begun };
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.runOnce();
      } catch (error) {
        // The database may be away; the next round finds out.
        this.parts.log.warn({ event: 'sweep_failed', ...errorFields(error) });
      }
      await this.parts.wakeUp.wait(this.intervalMs);
    }
  }
}
