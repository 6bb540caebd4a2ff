import { type EventStore, type ProjectionRunner } from '@hub-export/event-store';
import { Problem } from '@hub-export/http-edge';

/** How long a reader waits for the views to reach a position. */
export const POSITION_WAIT_MS = 5_000;

/** How far the views are, for readers that want to see their own writes. */
export class ViewPosition {
  constructor(
    private readonly store: EventStore,
    private readonly runner: ProjectionRunner,
  ) {}

  /**
   * Waits until the views hold everything up to a position; at once where none is given.
   * @throws {Problem} 503 `position_not_reached`
   */
  async require(atLeast: number | undefined): Promise<void> {
    if (atLeast === undefined || (await this.reached(atLeast))) return;
    throw new Problem(503, 'position_not_reached', 'The view has not reached this position yet.', {
      retryAfterSeconds: 1,
    });
  }

  /** False where the views did not reach the position in time. */
  reached(position: number): Promise<boolean> {
    return this.runner.waitFor(position, POSITION_WAIT_MS);
  }

  /** Waits for all that is recorded at this moment: before something is answered to be unknown. */
  async catchUp(): Promise<void> {
    await this.reached(await this.store.position());
  }

  /** Events of the log that the views do not hold yet. */
  async lag(): Promise<number> {
    const end = await this.store.position();
    return Math.max(0, end - (await this.runner.position()));
  }

  position(): Promise<number> {
    return this.runner.position();
  }
}
