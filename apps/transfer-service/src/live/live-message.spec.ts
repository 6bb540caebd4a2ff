import fc from 'fast-check';
import { parseProgress, progressOf } from './live-message.js';

const UPLOAD = { transfer_id: 't', source_center_key: 'center-a', bytes_total: 4_000 };

describe('the progress of an upload', () => {
  it('tells rate and time to go', () => {
    expect(progressOf({ ...UPLOAD, bytes_sent: 1_000, elapsedMs: 500 })).toEqual({
      kind: 'progress',
      ...UPLOAD,
      bytes_sent: 1_000,
      rate: 2_000,
      eta_seconds: 2,
    });
  });

  it('promises no time while nothing has moved', () => {
    for (const elapsedMs of [0, 60_000]) {
      expect(progressOf({ ...UPLOAD, bytes_sent: 0, elapsedMs })).toMatchObject({ rate: 0, eta_seconds: null });
    }
  });

  it('is never negative, endless, or no number', () => {
    fc.assert(
      fc.property(fc.nat(4_000), fc.nat(1e9), (bytes_sent, elapsedMs) => {
        const { rate, eta_seconds } = progressOf({ ...UPLOAD, bytes_sent, elapsedMs });
        expect([Number.isSafeInteger(rate), rate >= 0]).toEqual([true, true]);
        expect(eta_seconds === null || (Number.isSafeInteger(eta_seconds) && eta_seconds >= 0)).toBe(true);
      }),
    );
  });
});

describe('what was heard over the bus', () => {
  const progress = progressOf({ ...UPLOAD, bytes_sent: 1, elapsedMs: 1 });

  it('is the progress that another process told, and nothing beside it', () => {
    const text = JSON.stringify({ ...progress, from: 'p-1', Canary: 'x' });
    expect(parseProgress(text)).toEqual({ from: 'p-1', progress });
    const unmoved = { ...progress, eta_seconds: null };
    expect(parseProgress(JSON.stringify({ ...unmoved, from: 'p-1' }))?.progress).toEqual(unmoved);
  });

  it.each([
    '',
    '{',
    'null',
    '5',
    '[]',
    '{}',
    '{"kind":"progress"}',
    JSON.stringify(progress),
    JSON.stringify({ ...progress, from: 'p', kind: 'change' }),
    JSON.stringify({ ...progress, from: 'p', source_center_key: 7 }),
    JSON.stringify({ ...progress, from: 'p', rate: '9' }),
  ])('is nothing: %s', (text) => {
    expect(parseProgress(text)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseProgress(text)));
  });
});
