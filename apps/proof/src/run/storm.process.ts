import { setTimeout as pause } from 'node:timers/promises';
import { type HubFault, NO_FAULT } from '../plan/hub-fault.js';
import type { Random } from '../plan/random.js';
import type { SiteResource } from '../site/site-resource.js';
import type { Trial } from './lane.process.js';
import type { ProofSite } from './proof-site.process.js';
import { trial } from './trial.process.js';

export interface StormOptions {
  readonly transfers: number;
  readonly faults: readonly HubFault[];
  readonly random: Random;
  readonly tell?: (text: string) => void;
}

/** Orders given at the same time. */
const HANDS = 6;
/** A process is killed at random moments, this far apart on the average. */
const KILL_EVERY_MS = 3_000;
/** How often a process that was to be killed is killed also where it is only just starting. */
const KILLED_AT_START = 0.1;
/** From the last order on, for each transfer; the whole is bounded by it. */
const END_LIMIT_MS = 120_000;
const END_LIMIT_EACH_MS = 400;
const BYTES_MAX = 48 * 1024;
/** Fault rules that stand at the hub at a time; it takes no more than a thousand. */
const FAULTY_MAX = 450;

/** Many transfers under random faults, with a kill every few seconds: each must come to an end by itself. */
export function storm(name: string, options: StormOptions): Trial {
  return trial('storm', name, (proof) => blow(proof, name, options));
}

async function blow(proof: ProofSite, name: string, { transfers, faults, random, tell }: StormOptions) {
  // What refuses connections meets whoever comes next, so it may use up the attempts of one transfer.
  // An open circuit makes every transfer wait, longer each time; that is the hub's doing and shown elsewhere.
  const single = faults.filter(({ step, opensCircuit }) => step !== 'connection' && opensCircuit !== true);
  const planned = Array.from({ length: transfers }, () => ({
    fault: random.happens(0.5) ? random.pick(single) : NO_FAULT,
    bytes: 1_024 + random.integer(BYTES_MAX),
  }));
  let faulty = 0;
  const todo = planned.map((plan) => {
    faulty += plan.fault === NO_FAULT ? 0 : 1;
    return faulty > FAULTY_MAX ? { ...plan, fault: NO_FAULT } : plan;
  });
  const ends = { completed: 0, stopped: 0 };
  let kills = 0;
  const over = new AbortController();
  const killing = killAtRandom(proof, random, over.signal);
  const resources: SiteResource[] = [];
  try {
    const hand = async (): Promise<void> => {
      for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
        const end = next.fault.end === 'completed' ? 'completed' : 'any';
        resources.push(
          await proof.begin('report', next.bytes, next.fault, { end, cell: `${name}: ${next.fault.name}` }),
        );
        if (resources.length % 50 === 0) tell?.(`${resources.length} of ${transfers} ordered`);
      }
    };
    await Promise.all(Array.from({ length: HANDS }, hand));
    // The kills go on until the last transfer has ended.
    const limit = performance.now() + END_LIMIT_MS + transfers * END_LIMIT_EACH_MS;
    for (const [place, resource] of resources.entries()) {
      ends[await proof.ended(resource, Math.max(0, limit - performance.now()))] += 1;
      if (place % 50 === 49) tell?.(`${place + 1} of ${transfers} ended`);
    }
  } finally {
    over.abort();
    kills = await killing;
  }
  const note = `${ends.completed} completed, ${ends.stopped} stopped in a typed failure, ${kills} processes killed`;
  return { recoveryMs: null, note };
}

async function killAtRandom(proof: ProofSite, random: Random, over: AbortSignal): Promise<number> {
  for (let kills = 0; ;) {
    await pause(KILL_EVERY_MS * (0.5 + random.next()), undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return kills;
    // Mostly senders, since they hold what can be lost.
    const victims = random.happens(0.8) ? proof.site.senders : [proof.site.marking, proof.site.audit];
    const victim = random.pick(victims);
    // Seldom while it starts: a machine that needs longer for a start than lies between two kills would stand still.
    if (!(await proof.site.isReady(victim)) && !random.happens(KILLED_AT_START)) continue;
    await victim.end('SIGKILL');
    kills += 1;
  }
}
