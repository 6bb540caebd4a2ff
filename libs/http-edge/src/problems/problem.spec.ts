import type { ArgumentsHost } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { ValidationError } from 'class-validator';
import request from 'supertest';
import { CANARY, type Sample, startSample } from '../testing/sample.testing.js';
import { FIELD_FAULTS_MAX, fieldFaults } from './field-faults.js';
import { ProblemFilter } from './problem.filter.js';

let sample: Sample;
let bearer: string;
beforeAll(async () => {
  sample = await startSample();
  bearer = await sample.bearer({ roles: ['hub_export:write', 'hub_export:site'] });
});
afterAll(() => sample.close());

const get = (path: string) => request(sample.app.getHttpServer()).get(path).set('Authorization', bearer);
const post = (body: string | object) =>
  request(sample.app.getHttpServer()).post('/v1/sample/orders').set('Authorization', bearer).type('json').send(body);

describe('a problem document', () => {
  it.each([
    ['a refusal', '/v1/sample/failing/refusal', 409, 'already_queued', 'It is queued already.'],
    [
      'a lost race',
      '/v1/sample/failing/race',
      503,
      'version_conflict',
      'Others changed this at the same time; try again.',
    ],
    ['a problem', '/v1/sample/failing/problem', 503, 'hub_busy', 'The hub is busy.'],
    ['what Nest throws', '/v1/sample/failing/nest', 404, 'not_found', 'There is nothing here.'],
    [
      'a pipe of Nest',
      `/v1/sample/things/${encodeURIComponent(CANARY)}`,
      400,
      'bad_request',
      'The request is not understood.',
    ],
    ['a broken escape', '/v1/sample/things/%FF', 400, 'bad_request', 'The request is not understood.'],
    ['an unknown route', `/v1/${encodeURIComponent(CANARY)}?q=1`, 404, 'not_found', 'There is nothing here.'],
    [
      'a bad cursor',
      '/v1/sample/list?cursor=WzFd',
      400,
      'invalid_cursor',
      'The cursor is not one that this list gave.',
    ],
    [
      'a bug',
      '/v1/sample/failing/bug',
      500,
      'internal_error',
      'Something went wrong here; the correlation id finds it in the log.',
    ],
    [
      'a thrown text',
      '/v1/sample/failing/text',
      500,
      'internal_error',
      'Something went wrong here; the correlation id finds it in the log.',
    ],
  ])('answers %s', async (_, path, status, code, detail) => {
    const answer = await get(path);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).toEqual({
      type: `urn:hub-export:problem:${code}`,
      title: expect.any(String),
      status,
      code,
      detail,
      correlation_id: answer.headers['x-correlation-id'],
    });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('Canary');
  });

  it('says when to ask again', async () => {
    expect((await get('/v1/sample/failing/problem')).headers['retry-after']).toBe('7');
    expect((await get('/v1/sample/failing/race')).headers['retry-after']).toBe('1');
  });

  it('tells every fault of a body with its path, and no value', async () => {
    const answer = await post({
      items: [
        { kind: CANARY, local_id: 1 },
        { kind: 'video', local_id: CANARY },
      ],
      [CANARY]: 1,
      extra: CANARY,
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    const told = answer.body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`);
    expect(told.sort()).toEqual([
      '(unnamed) unknown_field',
      'extra unknown_field',
      'items.0.kind is_in',
      'items.1.local_id is_int',
      'name is_length',
      'name is_string',
    ]);
    expect(answer.text).not.toContain('Canary');
  });

  it('is logged once for a bug, with name and frames but no text of the message', async () => {
    const id = 'bug-correlation-1';
    await get('/v1/sample/failing/bug').set('X-Correlation-Id', id);
    const failures = sample
      .logged()
      .filter((entry) => entry['event'] === 'request_failed' && entry['correlation_id'] === id);
    expect(failures).toEqual([
      expect.objectContaining({
        level: 'error',
        error_name: 'TypeError',
        route: '/v1/sample/failing/:kind',
        method: 'GET',
      }),
    ]);
    expect((failures[0]?.['stack'] as string[])[0]).toContain('SampleController.failing');
    expect(JSON.stringify(sample.logged())).not.toContain('Canary');
  });

  it('is no log of its own where the caller erred', async () => {
    const before = sample.logged().filter(({ level }) => level === 'error').length;
    await get('/v1/sample/failing/refusal');
    expect(sample.logged().filter(({ level }) => level === 'error').length).toBe(before);
  });
});

describe('the filter', () => {
  it('lets the errors of the bus through unchanged', () => {
    const error = new Error('poison');
    const host: ArgumentsHost = new ExecutionContextHost([]);
    (host as ExecutionContextHost).setType('rpc');
    expect(() => new ProblemFilter(sample.edge.log).catch(error, host)).toThrow(error);
  });
});

describe('fieldFaults', () => {
  it('has a limit', () => {
    const errors = Array.from({ length: 500 }, (_, at): ValidationError => ({
      property: `p${at}`,
      constraints: { isInt: 'x' },
    }));
    expect(fieldFaults(errors)).toHaveLength(FIELD_FAULTS_MAX);
    const triple = errors.map((error) => ({ ...error, constraints: { isInt: 'x', min: 'x', max: 'x' } }));
    expect(fieldFaults(triple)).toHaveLength(FIELD_FAULTS_MAX);
    expect(fieldFaults([{ property: 'root', children: errors }])).toHaveLength(FIELD_FAULTS_MAX);
  });
});
