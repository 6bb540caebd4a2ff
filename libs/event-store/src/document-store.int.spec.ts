import { jest } from '@jest/globals';
import { documentDigest, type JsonValue } from '@hub-export/contracts';
import type { DocumentStore } from './document-store.js';
import { MemoryDocumentStore } from './memory-document-store.js';
import { PostgresDocumentStore } from './postgres-document-store.js';
import { openPool } from './postgres-pool.js';
import { type FreshLog, freshLog } from './testing/fresh-log.server.js';

jest.setTimeout(30_000);

let log: FreshLog;
let pool: ReturnType<typeof openPool>;
beforeAll(async () => {
  log = await freshLog();
  pool = openPool({ url: log.urls.marking, applicationName: 'documents' });
});
afterAll(async () => {
  await pool.end();
  await log.drop();
});

const makers: readonly (readonly [string, () => DocumentStore])[] = [
  ['memory', () => new MemoryDocumentStore()],
  ['PostgreSQL', () => new PostgresDocumentStore(pool)],
];

describe.each(makers)('documents (%s)', (_name, make) => {
  it('are found under the digest of their canonical text, however often they are stored', async () => {
    const documents = make();
    const value: JsonValue = { b: [1, 'ä\u0000'], a: { z: null, y: 0.1 } };
    const digest = await documents.put(value);
    expect(digest).toBe(documentDigest(value));
    expect(await documents.put({ a: { y: 0.1, z: null }, b: [1, 'ä\u0000'] })).toBe(digest);
    expect(await documents.get(digest)).toEqual(value);
  });

  it('are null where there is none', async () => {
    expect(await make().get('0'.repeat(64))).toBeNull();
  });
});

it('a document that was changed behind the store is not handed out', async () => {
  const documents = new PostgresDocumentStore(pool);
  const digest = await documents.put({ dose: 1 });
  await log.query('ALTER TABLE log.documents DROP CONSTRAINT documents_digest_is_of_body');
  await log.query('UPDATE log.documents SET body = $2 WHERE digest = $1', [digest, '{"dose":2}']);
  await expect(documents.get(digest)).rejects.toMatchObject({ name: 'DocumentCorrupted', digest });
});
