import {
  nodeStream,
  resourceFacts,
  type ResourceSnapshot,
  resourceStream,
  type TransferEvent,
  type NodeFacts,
} from '@hub-export/contracts';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type AppendRequest, type AppendResult, MemoryEventStore } from '@hub-export/event-store';
import { Metrics } from '@hub-export/http-edge';
import type { Network } from '../network/network.js';
import type { NetworkService } from '../network/network.service.js';
import { Refusals } from '../refusal/refusal.service.js';
import { AT, hashOf, hubNode, OPERATIONS, reportSnapshot, siteNode } from '../testing/marking.testing.js';
import type { ViewPosition } from '@hub-export/service-runtime';
import { MarkMetrics } from './mark.metrics.js';
import { MarkService } from './mark.service.js';
import type { ResourceNumbers } from './resource-numbers.service.js';

/** The memory store, in which something happens between a decision and its append. */
class InterruptedStore extends MemoryEventStore {
  private interruption: (() => Promise<void>) | null = null;
  tries = 0;

  interruptOnce(by: () => Promise<void>): void {
    this.interruption = by;
  }

  override async append(request: AppendRequest): Promise<AppendResult> {
    if (!request.streamId.startsWith('transfer-')) return super.append(request);
    this.tries += 1;
    const interruption = this.interruption;
    this.interruption = null;
    await interruption?.();
    return super.append(request);
  }
}

describe('a mark whose world changes between look and commit', () => {
  it('is refused where the resource became ineligible', async () => {
    const { store, mark } = await world();
    store.interruptOnce(() => report(store, { source_version: 2, anonymization_state: 'FAILED' }));
    expect(await mark()).toMatchObject([{ outcome: 'refused', code: 'not_anonymized' }]);
    expect([store.tries, await marks(store)]).toEqual([1, 0]);
  });

  it('is done anew where the resource changed and stayed eligible, on what it is now', async () => {
    const { store, mark } = await world();
    store.interruptOnce(() => report(store, { source_version: 2, local_id: 99 }));
    expect(await mark()).toMatchObject([{ outcome: 'marked' }]);
    const marked = (await store.readAll(0, 100)).find(({ type }) => type === 'ResourceMarked');
    expect([store.tries, marked?.data['resource_version']]).toEqual([2, 2]);
  });

  it('is refused where the hub was switched off', async () => {
    const { store, mark } = await world();
    store.interruptOnce(() => record(store, hubNode('hub', false)));
    expect(await mark()).toMatchObject([{ outcome: 'refused', code: 'target_required' }]);
    expect(await marks(store)).toBe(0);
  });

  it('is refused where the center went out of the site’s scope', async () => {
    const { store, mark } = await world();
    store.interruptOnce(() => record(store, siteNode(['center-b'])));
    expect(await mark()).toMatchObject([{ outcome: 'refused', code: 'center_out_of_scope' }]);
    expect(await marks(store)).toBe(0);
  });

  it('is not done under a name that another site node gives', async () => {
    const { store, mark } = await world();
    store.interruptOnce(async () => {
      await record(store, siteNode(['center-a'], 'site-a', false));
      await record(store, siteNode(['center-a'], 'site-b'));
    });
    expect(await mark()).toMatchObject([{ outcome: 'refused', code: 'network_changed' }]);
    expect(await marks(store)).toBe(0);
  });
});

async function world() {
  const store = new InterruptedStore();
  await record(store, siteNode());
  await record(store, hubNode());
  await report(store, {});
  const network = { recorded: () => networkOf(store) } as unknown as NetworkService;
  const numbers = { hashesOf: async () => [hashOf(1)] } as unknown as ResourceNumbers;
  const views = { catchUp: async () => undefined } as unknown as ViewPosition;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const clock = (): string => AT;
  const service = new MarkService(
    store,
    network,
    numbers,
    views,
    new Refusals(store, clock, log),
    new MarkMetrics(new Metrics('test')),
    { clock, localCleanupPolicy: 'retain_processed_media' },
  );
  const mark = async () =>
    (
      await service.handle({
        action: 'mark',
        by: OPERATIONS,
        centers: 'all',
        correlationId: 'test',
        causationId: null,
        target: null,
        references: [{ resource_kind: 'report', resource_hash: hashOf(1) }],
        keyOf: () => 'key',
      })
    ).results;
  return { store, mark };
}

async function networkOf(store: MemoryEventStore): Promise<Network> {
  const nodes = new Map<string, NodeFacts>();
  const versions = new Map<string, number>();
  for (const { type, data, version } of await store.readAll(0, 100)) {
    if (type !== 'NodeRecorded') continue;
    const facts = data as unknown as NodeFacts;
    nodes.set(facts.node_key, facts);
    versions.set(facts.node_key, version);
  }
  return { nodes: [...nodes.values()], versions };
}

async function record(store: MemoryEventStore, facts: NodeFacts): Promise<void> {
  await append(store, nodeStream(facts.node_key), 'NodeRecorded', facts);
}

async function report(store: MemoryEventStore, otherwise: object): Promise<void> {
  const name = { resource_kind: 'report', resource_hash: hashOf(1) } as const;
  const snapshot = reportSnapshot(1, otherwise) as unknown as ResourceSnapshot;
  const facts = resourceFacts(snapshot, { ...name, source_node_key: 'site-a' });
  await append(store, resourceStream('report', hashOf(1)), 'ResourceReported', facts);
}

async function append(store: MemoryEventStore, streamId: string, type: string, facts: object): Promise<void> {
  const result = await store.append({
    streamId,
    expectedVersion: (await store.readStream(streamId)).length,
    events: [{ id: randomUUID(), type, data: { ...facts, at: AT, by: OPERATIONS } }],
    command: { key: randomUUID(), digest: 'test' },
    correlationId: 'test',
    causationId: null,
  });
  if (result.outcome !== 'appended') throw new Error(`The test could not append: ${result.outcome}.`);
}

async function marks(store: MemoryEventStore): Promise<number> {
  const wanted: TransferEvent['type'] = 'ResourceMarked';
  return (await store.readAll(0, 100)).filter(({ type }) => type === wanted).length;
}
