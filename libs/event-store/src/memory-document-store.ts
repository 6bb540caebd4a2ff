import { canonicalJson, type JsonValue, sha256Hex } from '@hub-export/contracts';
import type { DocumentStore } from './document-store.js';
import { DocumentCorrupted } from './errors.js';

/** Documents in memory, for tests. */
export class MemoryDocumentStore implements DocumentStore {
  private readonly bodies = new Map<string, string>();

  async put(value: JsonValue): Promise<string> {
    const body = canonicalJson(value);
    const digest = sha256Hex(body);
    this.bodies.set(digest, body);
    return digest;
  }

  async get(digest: string): Promise<JsonValue | null> {
    const body = this.bodies.get(digest);
    if (body === undefined) return null;
    if (sha256Hex(body) !== digest) throw new DocumentCorrupted(digest);
    return JSON.parse(body) as JsonValue;
  }
}
