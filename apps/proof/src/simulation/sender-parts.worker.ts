import { PROFILE_TRAITS } from '@hub-export/contracts';
import { circuitDecider, readinessOf } from '@hub-export/transfer-life';
import {
  type AttemptParts,
  type CallContext,
  Freezer,
  type MediaToSend,
  type SendProgress,
  Situations,
  Transfers,
} from '@hub-export/transfer-service/sending';
import type { Ground } from './ground.store.js';
import { HUB, MEDIA_BYTES, SITE } from './simulated-resources.js';
import type { WorldStore } from './world.store.js';

export const SIMULATED_RETRY = { baseMs: 100, capMs: 2_000, attemptsMax: 12 } as const;

/** Circuits have no part here: they only decide when something is begun. */
const CIRCUITS = { of: async () => circuitDecider.initialState, observe: async () => false };

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

type SimulatedMedia = MediaToSend & { readonly sha256: string };

/** The sender's own parts as one actor has them; only what reaches out of the process is the world's. */
export function attemptParts(ground: Ground, actor: string, store: WorldStore): AttemptParts {
  const { hub, random, clock } = ground;
  const client = {
    create: (context: CallContext, payload: string) => hub.call(actor, 'create', context, payload),
    status: (context: CallContext) => hub.call(actor, 'status', context, ''),
    upload: (context: CallContext, media: SimulatedMedia, progress: SendProgress) => {
      progress.bytesSent = 1 + random.integer(MEDIA_BYTES);
      return hub.call(actor, 'media', context, media.sha256);
    },
  };
  const protocol = {
    prepare: async ({ frozen }: { frozen: { media_sha256: string } }) => {
      await ground.world.step(actor);
      return { sha256: frozen.media_sha256, close: async () => undefined };
    },
    sealed: async () => null,
    release: async () => undefined,
  };
  // Each part by its name, so that a new one is missed by the compiler and not by a seed.
  const parts: { readonly [Name in keyof AttemptParts]: unknown } = {
    events: store,
    situations: situations(store),
    freezer: new Freezer(ground.documents),
    peers: {
      peer: async () => ({
        nodeKey: 'hub',
        document: { profile: 'endoreg-3.0' },
        sourceNodeKey: 'site-a',
        secret: '',
      }),
      observe: () => undefined,
    },
    circuits: CIRCUITS,
    hub: client,
    protocols: Object.fromEntries(Object.keys(PROFILE_TRAITS).map((profile) => [profile, protocol])),
    live: { follow: () => () => undefined },
    clock,
    log: SILENT,
    retry: SIMULATED_RETRY,
    busyHub: { pollMs: 1_000, leaseMs: 60_000 },
  };
  return parts as unknown as AttemptParts;
}

/** The commands of people and policies, as one actor gives them. */
export function transfersOf(ground: Ground, actor: string): Transfers {
  const store = ground.store(actor);
  return new Transfers(store, ground.clock, situations(store), new Freezer(ground.documents));
}

function situations(store: WorldStore): Situations {
  const facts = [SITE, HUB];
  const materials = new Map(facts.map(({ node_key }) => [node_key, []]));
  const nodes = {
    all: async () => facts.map((each) => ({ facts: each, version: 0, since: '' })),
    readinessAmong: async (_known: unknown, target: string, source?: string) =>
      readinessOf({ nodes: facts, materials }, target, source),
  };
  type Needs = ConstructorParameters<typeof Situations>;
  return new Situations(store, nodes as unknown as Needs[1]);
}
