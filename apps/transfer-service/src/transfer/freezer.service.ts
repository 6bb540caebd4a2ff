import {
  buildPayload,
  canonicalJson,
  type FrozenIntent,
  type HubProfile,
  type JsonValue,
  parseSnapshot,
  parsePayload,
  type ResourceSnapshot,
  type ResourceFacts,
} from '@hub-export/contracts';
import { DOCUMENT_STORE, type DocumentStore } from '@hub-export/event-store';
import { Refusal } from '@hub-export/event-sourcing';
import type { Intent } from '@hub-export/transfer-life';
import { Inject, Injectable } from '@nestjs/common';

/** Builds what is sent, once, and keeps it: "the sender must build a canonical payload". */
@Injectable()
export class Freezer {
  constructor(@Inject(DOCUMENT_STORE) private readonly documents: DocumentStore) {}

  /**
   * The payload for this intent as the site describes the resource now, validated, stored under its digest.
   * @throws {Refusal} `payload_invalid` where the hub could not take it, with the fields and never their values.
   */
  async freeze(
    intent: Intent,
    facts: ResourceFacts,
    resourceVersion: number,
    profile: HubProfile,
  ): Promise<FrozenIntent> {
    const snapshot = await this.snapshot(facts.resource_kind, facts.snapshot_digest);
    const payload = valid(profile, buildPayload({ profile, transfer: intent, snapshot }));
    return {
      profile,
      payload_digest: await this.documents.put(payload),
      snapshot_digest: facts.snapshot_digest,
      media_sha256: facts.processed_media.sha256 ?? '',
      media_size: facts.processed_media.size ?? 0,
      resource_version: resourceVersion,
    };
  }

  /** The very bytes that were frozen. */
  async payloadText({ payload_digest }: FrozenIntent): Promise<string> {
    const payload = await this.documents.get(payload_digest);
    if (payload === null) throw new Error('A frozen payload is gone.');
    return canonicalJson(payload);
  }

  /** Where the media lies and how it ends, by a snapshot of the resource. */
  async mediaLocator(
    snapshotDigest: string,
    kind: Intent['resource_kind'],
  ): Promise<{ locator: string; suffix: string }> {
    const { processed_media } = await this.snapshot(kind, snapshotDigest);
    const suffix = processed_media.suffix ?? (kind === 'report' ? '.pdf' : '.mp4');
    return { locator: processed_media.locator ?? '', suffix };
  }

  private async snapshot(kind: Intent['resource_kind'], digest: string): Promise<ResourceSnapshot> {
    const document = await this.documents.get(digest);
    if (document === null) throw new Error('The snapshot of a reported resource is gone.');
    return parseSnapshot(kind, document);
  }
}

function valid(profile: HubProfile, payload: unknown): JsonValue {
  try {
    return parsePayload(profile, payload) as unknown as JsonValue;
  } catch (error) {
    const faults = (error as { faults?: readonly { field: string }[] }).faults;
    if (faults === undefined) throw error;
    const fields = faults.slice(0, 10).map(({ field }) => field);
    throw new Refusal(
      'payload_invalid',
      `The data of the resource does not make a valid payload: ${fields.join(', ')}.`,
    );
  }
}
