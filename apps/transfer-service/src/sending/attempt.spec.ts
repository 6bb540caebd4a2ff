import {
  EGRESS_STREAM,
  type FrozenIntent,
  resourceFacts,
  resourceStream,
  sampleSnapshot,
  sha256Hex,
  transferStream,
} from '@hub-export/contracts';
import { type DomainEvent, handle, MemoryEventStore, MemoryLeaseStore } from '@hub-export/event-store';
import type { Decider } from '@hub-export/event-sourcing';
import {
  egressDecider,
  readinessOf,
  resourceDecider,
  type TransferCommand,
  transferDecider,
} from '@hub-export/transfer-life';
import { randomUUID } from 'node:crypto';
import { Situations } from '../transfer/situation.service.js';
import { AT, frozenFor, hubDocument, intentOf, order } from '../testing/transfers.testing.js';
import type { AttemptParts } from './attempt-parts.js';
import { Attempt } from './attempt.worker.js';
import type { SendProgress } from './metered-body.stream.js';

const BY = { kind: 'system', reason: 'test' } as const;
const PAYLOAD = '{}';
const { transfer_id, resource_kind, resource_hash } = intentOf();
const TRANSFER = transferStream(transfer_id);
const RESOURCE = resourceStream(resource_kind, resource_hash);
const SNAPSHOT = sampleSnapshot(resource_kind);
const FACTS = resourceFacts(SNAPSHOT, { source_node_key: 'site-a', resource_kind, resource_hash });
const FROZEN: FrozenIntent = { ...frozenFor(), payload_digest: sha256Hex(PAYLOAD) };

const NODES = [
  { node_key: 'site-a', role: 'site_node', owning_center_key: 'center-a', center_scope: ['center-a'] },
  { node_key: 'hub', role: 'central_hub', base_url: 'https://hub.example/', profile: 'endoreg-3.0' },
].map((node) => ({
  display_name: node.node_key,
  is_active: true,
  owning_center_key: null,
  center_scope: [],
  base_url: null,
  profile: null,
  eligible_states: ['VALIDATED'],
  document_digest: '3'.repeat(64),
  ...node,
})) as unknown as Parameters<typeof readinessOf>[0]['nodes'];

/** Tells which streams were read. */
class WatchedStore extends MemoryEventStore {
  readonly read: string[] = [];

  override async readStream(streamId: string, fromVersion?: number): ReturnType<MemoryEventStore['readStream']> {
    this.read.push(streamId);
    return super.readStream(streamId, fromVersion);
  }
}

describe('an attempt', () => {
  let leases: MemoryLeaseStore;
  let events: WatchedStore;
  let uploads: number;
  let whilePrepared: () => Promise<unknown>;

  beforeEach(async () => {
    leases = new MemoryLeaseStore();
    events = new WatchedStore({ leases });
    uploads = 0;
    whilePrepared = async () => undefined;
    await report('VALIDATED');
    await tell(transferDecider, TRANSFER, order.mark());
    await tell(transferDecider, TRANSFER, { ...order.queue(), frozen: FROZEN } as TransferCommand);
    events.read.length = 0;
  });

  it('reads its own stream once, and what it rests on when it starts and before the media', async () => {
    expect(await run()).toMatchObject({ status: 'completed' });
    const times = (stream: string) => events.read.filter((read) => read === stream).length;
    expect([TRANSFER, RESOURCE, EGRESS_STREAM].map(times)).toEqual([1, 2, 2]);
  });

  it('sends nothing of a resource that became ineligible while its media was made ready', async () => {
    whilePrepared = () => report('FAILED');
    expect(await run()).toMatchObject({ status: 'failed', failure: { failure_class: 'ineligible' } });
    expect(uploads).toBe(0);
    expect(await life()).not.toContain('UploadStarted');
  });

  it('sends nothing after egress was stopped while its media was made ready, and leaves it where it is', async () => {
    whilePrepared = () => tell(egressDecider, EGRESS_STREAM, { type: 'StopEgress', at: AT, by: BY });
    expect(await run()).toMatchObject({ status: 'awaiting_media' });
    expect(uploads).toBe(0);
    expect(await life()).not.toContain('UploadStarted');
  });

  it('goes on where the site said something meanwhile that changes nothing', async () => {
    whilePrepared = () => report('VALIDATED');
    expect(await run()).toMatchObject({ status: 'completed' });
    expect(uploads).toBe(1);
  });

  async function run() {
    const name = `transfer:${transfer_id}`;
    const token = (await leases.take(name, 'me', 60_000)) ?? 0;
    const { signal } = new AbortController();
    const lease = { name, token, signal, isTrial: false, asksOnly: false, check: () => undefined };
    return new Attempt(parts(), transfer_id, lease).run();
  }

  function parts(): AttemptParts {
    const answered = (status: number, document: object) => ({ kind: 'answered', status, document, retryAfterMs: null });
    const protocol = {
      prepare: async () => {
        await whilePrepared();
        return { close: async () => undefined };
      },
      sealed: async () => null,
      release: async () => undefined,
    };
    const nodes = {
      all: async () => NODES.map((facts) => ({ facts, version: 0, since: AT })),
      readinessAmong: async () =>
        readinessOf({ nodes: NODES, materials: new Map(NODES.map(({ node_key }) => [node_key, []])) }, 'hub', 'site-a'),
    };
    const made: { readonly [Name in keyof AttemptParts]: unknown } = {
      events,
      situations: new Situations(events, nodes as never),
      freezer: { payloadText: async () => PAYLOAD },
      peers: { peer: async () => ({ document: { profile: FROZEN.profile } }), observe: () => undefined },
      circuits: { of: async () => ({ status: 'closed' }), observe: async () => false },
      hub: {
        create: async () =>
          answered(201, {
            ...hubDocument(FROZEN.profile, 'awaiting_media'),
            processing_decision: 'wait_for_missing_media',
          }),
        upload: async (_context: unknown, _media: unknown, progress: SendProgress) => {
          uploads += 1;
          progress.bytesSent = FROZEN.media_size;
          return answered(200, hubDocument(FROZEN.profile));
        },
      },
      protocols: { [FROZEN.profile]: protocol },
      live: { follow: () => () => undefined },
      clock: { now: () => new Date(AT), chance: () => 0.5 },
      log: { error: () => undefined },
      retry: { baseMs: 1, capMs: 1, attemptsMax: 3 },
      busyHub: { pollMs: 1, leaseMs: 1 },
    };
    return made as AttemptParts;
  }

  let versions = 0;
  function report(anonymization_state: string): Promise<unknown> {
    versions += 1;
    const facts = { ...FACTS, anonymization_state, source_version: versions } as typeof FACTS;
    return tell(resourceDecider, RESOURCE, { type: 'ReportResource', facts, at: AT, by: BY });
  }

  function tell<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    stream: string,
    command: Command,
  ) {
    return handle(events, decider, stream, command, { key: randomUUID(), correlationId: 'test', causationId: null });
  }

  async function life(): Promise<readonly string[]> {
    return (await events.readStream(TRANSFER)).map(({ type }) => type);
  }
});
