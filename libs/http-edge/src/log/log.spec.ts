import { withCorrelationId } from '../requests/correlation.context.js';
import { CANARY } from '../testing/sample.testing.js';
import { errorFields } from './error-fields.js';
import { createLogger } from './log.service.js';
import { NestLog } from './nest-log.service.js';

let lines: string[];
const destination = { write: (line: string) => void lines.push(line) };
const entries = () => lines.map((line) => JSON.parse(line));
beforeEach(() => {
  lines = [];
});

describe('the log', () => {
  const log = createLogger({ service: 'sample', level: 'info', fields: ['upload_id'], destination });

  it('writes allow-listed fields alone, with UTC time and the service', () => {
    log.info({ event: 'relay_resumed', position: 7, upload_id: 'u', file_name: CANARY, patient: CANARY });
    expect(entries()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/Z$/),
        service: 'sample',
        event: 'relay_resumed',
        position: 7,
        upload_id: 'u',
      },
    ]);
  });

  it('writes one line an entry, whatever characters it holds', () => {
    log.info({ event: 'x', reason: 'a\nb\r\u0000{"level":"error"}' });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\x00-\x1f]/);
  });

  it('cuts what is long and leaves out what has a structure', () => {
    const nested = { patient: CANARY } as unknown as string;
    log.warn({ event: 'x', reason: 'r'.repeat(9_000), state: nested, faults: [nested, 'a'] });
    expect(entries()[0]).toMatchObject({ reason: 'r'.repeat(500), faults: ['a'] });
    expect(lines[0]).not.toContain('Canary');
  });

  it('adds the correlation id of the work at hand', async () => {
    await withCorrelationId('message-1', async () => {
      await Promise.resolve();
      log.info({ event: 'x' });
    });
    log.info({ event: 'y' });
    expect(entries().map(({ correlation_id }) => correlation_id)).toEqual(['message-1', undefined]);
  });

  it('keeps its level', () => {
    log.debug({ event: 'x' });
    expect(lines).toEqual([]);
  });

  it('takes no text from Nest', () => {
    new NestLog(log).error(CANARY, `Error: ${CANARY}`, 'TypeOrmModule');
    new NestLog(log).error(new RangeError(CANARY), 'ExceptionsHandler');
    expect(entries()).toMatchObject([
      { context: 'TypeOrmModule' },
      { context: 'ExceptionsHandler', error_name: 'RangeError' },
    ]);
    expect(lines.join()).not.toContain('Canary');
  });
});

describe('errorFields', () => {
  it('holds name, code and frames, and no line of the message that looks like a frame', () => {
    const error = Object.assign(new TypeError(`first\n    at Canary (/home/x.ts:1:1)`), { code: 'ECONNRESET' });
    const fields = errorFields(error);
    expect(fields).toMatchObject({ error_name: 'TypeError', error_code: 'ECONNRESET' });
    expect(fields.stack?.[0]).toMatch(/log\.spec\.ts:\d+:\d+\)?$/);
    expect(JSON.stringify(fields)).not.toContain('Canary');
  });

  it('holds the type alone of what is no error', () => {
    expect(errorFields(CANARY)).toEqual({ error_name: 'string' });
  });
});
