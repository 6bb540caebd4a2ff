import { canonicalJson, type JsonValue, sha256Hex } from '@hub-export/contracts';
import type pg from 'pg';
import type { DocumentStore } from './document-store.js';
import { DocumentCorrupted } from './errors.js';

/** Documents in PostgreSQL; one is at most 64 MiB, and the database checks each digest by itself. */
export class PostgresDocumentStore implements DocumentStore {
  constructor(private readonly pool: pg.Pool) {}

  async put(value: JsonValue): Promise<string> {
    const body = canonicalJson(value);
    const digest = sha256Hex(body);
    await this.pool.query({
      name: 'put_document',
      text: 'INSERT INTO log.documents (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      values: [digest, body],
    });
    return digest;
  }

  async get(digest: string): Promise<JsonValue | null> {
    const { rows } = await this.pool.query<{ body: string }>({
      name: 'get_document',
      text: 'SELECT body FROM log.documents WHERE digest = $1',
      values: [digest],
    });
    const [row] = rows;
    if (row === undefined) return null;
    if (sha256Hex(row.body) !== digest) throw new DocumentCorrupted(digest);
    return JSON.parse(row.body) as JsonValue;
  }
}
