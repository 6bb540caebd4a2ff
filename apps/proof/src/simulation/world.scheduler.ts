import type { Random } from '../plan/random.js';

interface Waiting {
  readonly actor: string;
  readonly due: number;
  readonly goOn: () => void;
}

/** Virtual time that passes at a step, at most, in milliseconds. */
const STEP_MS_MAX = 25;

/**
 * A world with one clock and one chance. Whoever lives in it waits for its turn at every step; whose turn it is, chance
 * decides. So any order of things that can happen can happen, and the same seed makes it happen again.
 */
export class World {
  /** Milliseconds since 1970, as everybody in it sees them. */
  now = Date.parse('2026-01-05T08:00:00Z');
  steps = 0;
  private waiting: Waiting[] = [];

  constructor(readonly random: Random) {}

  /** The actor's next step, not before so many milliseconds have passed. */
  step(actor: string, afterMs = 0): Promise<void> {
    return new Promise((goOn) => this.waiting.push({ actor, due: this.now + afterMs, goOn }));
  }

  /** The actor is no more: whatever it waited for never comes. */
  kill(actor: string): void {
    this.waiting = this.waiting.filter((one) => one.actor !== actor);
  }

  /** The actor sleeps where it stands, as a process does that was stopped. */
  freeze(actor: string, ms: number): void {
    this.waiting = this.waiting.map((one) =>
      one.actor === actor ? { ...one, due: Math.max(one.due, this.now + ms) } : one,
    );
  }

  /** Lets one actor go on to its next step. False where nobody waits. */
  async turn(): Promise<boolean> {
    if (this.waiting.length === 0) return false;
    const first = Math.min(...this.waiting.map(({ due }) => due));
    this.now = Math.max(this.now, first);
    const able = this.waiting.filter(({ due }) => due <= this.now);
    const next = this.random.pick(able);
    this.waiting.splice(this.waiting.indexOf(next), 1);
    this.steps += 1;
    this.now += this.random.integer(STEP_MS_MAX);
    next.goOn();
    // Everything that follows from it in this moment happens before the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }
}
