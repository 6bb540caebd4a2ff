import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable, UnknownCommit } from '@hub-export/event-store';
import { databaseTrouble, isDocumentTooLarge } from './database-trouble.js';

it('knows a document that is too large by the name of the constraint alone', () => {
  expect(isDocumentTooLarge({ code: '23514', constraint: 'documents_body_is_bounded' })).toBe(true);
  expect(isDocumentTooLarge({ code: '23514', constraint: 'documents_digest_is_of_body' })).toBe(false);
});

describe('the trouble an error tells of', () => {
  it.each([
    ['the store is away', new StoreUnavailable('away')],
    ['a commit is unknown', new UnknownCommit('unknown')],
    ['nobody listens', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['it comes from another realm', { name: 'Error', message: 'connect', code: 'ECONNREFUSED' }],
    ['the server shuts down', Object.assign(new Error('ending'), { driverError: { code: '57P01' } })],
    ['there are too many connections', { code: '53300' }],
    ['the connection broke', new Error('Connection terminated unexpectedly')],
  ])('is a database that is away where %s', (_, error) => {
    expect(databaseTrouble(error)).toBe('database_unavailable');
  });

  it('is a missing schema, also behind an error of the store', () => {
    expect(databaseTrouble(new StoreUnavailable('away', { cause: { code: '42P01' } }))).toBe('schema_missing');
  });

  it.each([[new TypeError('our bug')], [{ code: '23505' }], [null], ['text'], [undefined]])(
    'is none in %p',
    (error) => {
      expect(databaseTrouble(error)).toBeNull();
    },
  );
});
