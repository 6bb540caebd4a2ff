import { isRunning, type Transfer } from '@hub-export/transfer-life';
import { Attempt } from '@hub-export/transfer-service/sending';
import type { Ground } from './ground.store.js';
import { attemptParts } from './sender-parts.worker.js';

const LEASE_MS = 2_000;
const LOOK_EVERY_MS = 500;
/** Between two rounds of whoever works in rounds, at most, in milliseconds. */
export const ROUND_MS_MAX = 400;
/** How often, at a turn, a worker dies or falls asleep while things may go wrong. */
const DEATH = 0.006;
const SLEEP = 0.02;

/** The senders of a life: born, killed, asleep in the middle of anything, and born again. */
export class Workforce {
  private births = 0;
  private alive: string[] = [];

  constructor(private readonly ground: Ground) {}

  get isExtinct(): boolean {
    return this.alive.length === 0;
  }

  bear(): void {
    const name = `worker-${(this.births += 1)}`;
    this.alive = [...this.alive, name];
    void this.guarded(name, () => this.work(name));
  }

  /** Something may befall one of them. */
  befall(): void {
    const { random, world } = this.ground;
    const victim = this.alive.length > 0 ? random.pick(this.alive) : null;
    if (victim !== null && random.happens(DEATH)) {
      world.kill(victim);
      this.alive = this.alive.filter((one) => one !== victim);
      const awaitsBirth = random.integer(3_000);
      void world.step('supervisor', awaitsBirth).then(() => this.bear());
    } else if (victim !== null && random.happens(SLEEP)) world.freeze(victim, 1_500 + random.integer(2_500));
  }

  /** A worker's rounds: what waits, or was left behind, is taken under a lease as far as it goes. */
  private async work(name: string): Promise<void> {
    const { ground } = this;
    const { world, random } = ground;
    const store = ground.store(name);
    const leases = ground.leases(name);
    for (;;) {
      await world.step(name, random.integer(ROUND_MS_MAX));
      const due = ground.intents.filter(({ transfer_id }) => isDue(ground.transferState(transfer_id)));
      if (due.length === 0) continue;
      const { transfer_id } = random.pick(due);
      const lease = `transfer:${transfer_id}`;
      const token = await leases.take(lease, `${name}:${world.steps}`, LEASE_MS);
      if (token === null) continue;
      const controller = new AbortController();
      const over = { is: false };
      void this.watch(name, { name: lease, token }, controller, over);
      try {
        await new Attempt(attemptParts(ground, name, store), transfer_id, {
          name: lease,
          token,
          signal: controller.signal,
          isTrial: false,
          asksOnly: false,
          check: () => undefined,
        }).run();
      } catch (error) {
        ground.judge(error);
      }
      over.is = true;
      await leases.release(lease, token);
    }
  }

  /** The watch over an attempt: it shares the fate of its worker. */
  private async watch(
    worker: string,
    { name: lease, token }: { readonly name: string; readonly token: number },
    controller: AbortController,
    over: { readonly is: boolean },
  ): Promise<void> {
    const { ground } = this;
    const { world } = ground;
    let renewedAt = world.now;
    while (!over.is && !controller.signal.aborted) {
      await world.step(worker, LOOK_EVERY_MS);
      if (over.is) return;
      if (world.now - renewedAt > LEASE_MS || !(await ground.renew(lease, token, LEASE_MS))) {
        controller.abort('lease_lost');
        return;
      }
      renewedAt = world.now;
      if (!ground.egress().open) controller.abort('egress_stopped');
      const eligible = ground.facts.some(
        (facts, place) =>
          lease.endsWith(ground.intents[place]?.transfer_id ?? '') && ground.eligibility(facts).eligible,
      );
      if (!eligible) controller.abort('ineligible');
    }
  }

  private async guarded(name: string, run: () => Promise<void>): Promise<void> {
    await run().catch((error: unknown) => {
      this.ground.judge(error);
      // An error that escapes a round ends the process; its supervisor starts another.
      this.alive = this.alive.filter((one) => one !== name);
      this.bear();
    });
  }
}

function isDue(state: Transfer): boolean {
  return isRunning(state) || (state.status === 'queued' && state.progress.held.length === 0);
}
