import { apiPath } from './api-path.js';
import { backoffMs } from './backoff.js';
import { cookieFrom } from './cookie.js';
import { isPassing, problemFrom } from './problem.js';

describe('the address of a route', () => {
  it('says what is asked, and leaves out what is not', () => {
    expect(apiPath('resources', { q: 'a b&c', kind: null, center: undefined, cursor: '', limit: 25 })).toBe(
      '/v1/resources?q=a+b%26c&limit=25',
    );
    expect(apiPath('readiness')).toBe('/v1/readiness');
  });
});

describe('the wait before the next try', () => {
  it('doubles with each failure, and is never longer than half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((failures) => backoffMs(failures, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('is spread over its upper half', () => {
    expect([backoffMs(3, 0), backoffMs(3, 0.5), backoffMs(3, 1)]).toEqual([2_000, 3_000, 4_000]);
  });
});

describe('a problem', () => {
  it('bears the code and the sentence of the service', () => {
    const body = { code: 'already_queued', detail: 'It was queued.', correlation_id: 'c-1' };
    expect(problemFrom(409, body)).toMatchObject({
      status: 409,
      code: 'already_queued',
      detail: 'It was queued.',
      correlationId: 'c-1',
    });
  });

  it.each([null, 'nonsense', 5, {}, { code: 7, detail: '' }])('has a code of its own where the body is %j', (body) => {
    expect(problemFrom(500, body)).toMatchObject({ code: 'http_500', detail: 'HTTP 500' });
    expect(problemFrom(0, body).code).toBe('no_answer');
  });

  it('is passing where the same request may succeed later, and only there', () => {
    const passing = (status: number) => isPassing(problemFrom(status, null));
    expect([0, 429, 502, 503, 504].every(passing)).toBe(true);
    expect([400, 401, 403, 404, 409, 500].some(passing)).toBe(false);
  });
});

describe('a cookie', () => {
  it('is found by its whole name', () => {
    const cookies = 'xcsrftoken=no; csrftoken=a=b; other=1';
    expect(cookieFrom(cookies, 'csrftoken')).toBe('a=b');
    expect(cookieFrom(cookies, 'token')).toBeNull();
    expect(cookieFrom('', 'csrftoken')).toBeNull();
  });
});
