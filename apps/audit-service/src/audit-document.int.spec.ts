import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, freshNats } from '@hub-export/testing';
import { expect, it, jest } from '@jest/globals';
import { format, resolveConfig } from 'prettier';
import { auditDocument } from './testing/audit-document.testing.js';
import { announcer, freshAuditDatabase, startAuditor } from './testing/audit.testing.js';
import { named, tellFullLife, TestLog } from './testing/log.testing.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP. Made up: the log, with times and ids that stay.
jest.setTimeout(60_000);

const DOCUMENT = join(import.meta.dirname, '../../../docs/audit.md');

it('docs/audit.md is what the service answers; if not, run: npm run document -w apps/audit-service', async () => {
  const [database, nats] = [await freshAuditDatabase(), await freshNats()];
  const relay = announcer(nats);
  const auditor = await startAuditor(database, nats);
  try {
    const transfer = named('a');
    const log = new TestLog();
    await tellFullLife(log, transfer);
    const messages = await log.messages();
    await relay.announce(messages);
    await eventually(async () => (await auditor.integrity()).contiguous_to === messages.length, {
      what: 'all is there',
    });
    const { body: told } = await auditor.get(`/v1/audit/transfers/${transfer.id}`);
    const { body: events } = await auditor.get('/v1/audit/events?limit=200');
    const text = await format(auditDocument(told, events.items), {
      ...(await resolveConfig(DOCUMENT)),
      parser: 'markdown',
    });
    if (process.env['HUB_EXPORT_WRITE_DOCUMENT'] === '1') await writeFile(DOCUMENT, text);
    expect(await readFile(DOCUMENT, 'utf8')).toBe(text);
  } finally {
    await auditor.close();
    await relay.close();
    await nats.stop();
    await database.drop();
  }
});
