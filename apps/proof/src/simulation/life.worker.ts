import type { RecordedEvent } from '@hub-export/contracts';
import type { Random } from '../plan/random.js';
import { Ground } from './ground.store.js';
import { People } from './people.worker.js';
import { Workforce } from './workforce.worker.js';

/** A whole life of some transfers: workers that die and sleep, a hub and a database in bad moods, people who interfere. */
export class SimulatedSite {
  readonly ground: Ground;
  private readonly people: People;
  private readonly workforce: Workforce;

  constructor(random: Random) {
    this.ground = new Ground(random);
    this.people = new People(this.ground);
    this.workforce = new Workforce(this.ground);
  }

  /** Trouble for so many steps, then peace until everything has come to an end or the limit is reached. */
  async live(troubledSteps: number, stepsMax: number): Promise<void> {
    const { ground, people, workforce } = this;
    const { world } = ground;
    await people.prepare();
    for (let worker = 0; worker < 2 + ground.random.integer(2); worker += 1) workforce.bear();
    for (const place of ground.intents.keys()) void people.operator(place);
    void people.policies();
    const mischief = people.mischief();
    while (world.steps < troubledSteps) {
      workforce.befall();
      await world.turn();
    }
    ground.isTroubled = false;
    void this.makePeace(mischief);
    while (world.steps < stepsMax && !this.isOver()) await world.turn();
  }

  isOver(): boolean {
    return this.ground.intents.every(({ transfer_id }) => {
      const state = this.ground.transferState(transfer_id);
      return state.status === 'completed' || (state.status === 'failed' && !state.failure.retryable);
    });
  }

  /** What happened, for whoever looks into a seed. */
  history(): string {
    return this.events()
      .map(
        ({ globalSeq, type, streamId, data }) =>
          `${globalSeq} ${streamId.slice(0, 17)} ${type} ${JSON.stringify(data['code'] ?? data['attempt_id'] ?? '')}`,
      )
      .join('\n');
  }

  events(): readonly RecordedEvent[] {
    return this.ground.record.recorded();
  }

  /** Once the last mischief is done, everything is open and eligible again, and somebody is there to work. */
  private async makePeace(mischief: Promise<void>): Promise<void> {
    if (this.workforce.isExtinct) this.workforce.bear();
    await mischief;
    await this.people.makePeace();
  }
}
