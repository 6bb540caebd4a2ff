import type { JsonValue } from '@hub-export/contracts';

/**
 * JSON documents by the SHA-256 of their canonical text. Events name a document by its digest; documents may hold
 * clinical text and therefore never travel on the bus.
 */
export interface DocumentStore {
  /** Stores the document if it is not there yet; its digest. */
  put(value: JsonValue): Promise<string>;
  /**
   * The document, or null where none is stored under this digest.
   * @throws {DocumentCorrupted} where what is stored does not have this digest.
   */
  get(digest: string): Promise<JsonValue | null>;
}
