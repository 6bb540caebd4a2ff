import { type JsonObject, resourceFacts, resourceStream } from '@hub-export/contracts';
import type { ResourceKind } from '@hub-export/contracts';
import { PostgresDocumentStore, PostgresEventStore } from '@hub-export/event-store';
import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { SITE } from './names.js';
import { type SiteResource, siteResource, snapshotOf } from './snapshot.js';

const LANES = 200;

/** Media that a resource names and nobody opens. */
const NO_MEDIA = { sha256: 'b'.repeat(64), size: 4096, locator: 'file:processed/none.pdf' } as const;

export interface Wanted {
  readonly kind?: ResourceKind;
  readonly media?: SiteResource['media'];
  /** Whether their whole snapshots are kept too: queueing needs them, marking does not. */
  readonly documents?: boolean;
}

/** Records resources as marking-service does when the site reports them, without the way through HTTP. */
export class ResourceSeed {
  private readonly events: PostgresEventStore;
  private readonly documents: PostgresDocumentStore;
  private number = 0;

  /** @param pool in marking's role */
  constructor(pool: pg.Pool) {
    this.events = new PostgresEventStore(pool);
    this.documents = new PostgresDocumentStore(pool);
  }

  async report(count: number, wanted: Wanted = {}): Promise<readonly SiteResource[]> {
    const resources: SiteResource[] = [];
    await Promise.all(
      Array.from({ length: Math.min(LANES, count) }, async () => {
        while (resources.length < count) {
          const resource = siteResource(
            wanted.kind ?? 'report',
            randomBytes(32).toString('hex'),
            wanted.media ?? NO_MEDIA,
          );
          resources.push(resource);
          await this.reportOne(resource, (this.number += 1), wanted.documents ?? false);
        }
      }),
    );
    return resources;
  }

  private async reportOne(resource: SiteResource, number: number, withDocument: boolean): Promise<void> {
    const { kind, hash } = resource;
    const snapshot = snapshotOf(resource, number);
    if (withDocument) await this.documents.put(JSON.parse(JSON.stringify(snapshot)) as JsonObject);
    const facts = resourceFacts(snapshot, { resource_kind: kind, resource_hash: hash, source_node_key: SITE });
    const { outcome } = await this.events.append({
      streamId: resourceStream(kind, hash),
      expectedVersion: 0,
      events: [
        {
          id: randomUUID(),
          type: 'ResourceReported',
          data: {
            ...facts,
            at: new Date().toISOString(),
            by: { kind: 'system', reason: 'bench' },
          } as unknown as JsonObject,
        },
      ],
      command: { key: `report-${hash}`, digest: 'bench' },
      correlationId: 'bench',
      causationId: null,
    });
    if (outcome !== 'appended') throw new Error(`A resource is not recorded: ${outcome}.`);
  }
}
