import { Patience } from './patience.js';

const LIMITS = { graceMs: 1_000, minBytesPerSecond: 100 };

/** Pieces that were waited for, each so long and so large, with a pause of ours behind each. */
function afterPieces(pieces: number, { waitMs, bytes, oursMs = 0 }: Readonly<Record<string, number>>): boolean {
  const patience = new Patience(LIMITS);
  let now = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    patience.waits(now);
    // A second word about the same waiting begins no other one.
    patience.waits((now += waitMs ?? 0));
    patience.has(now);
    now += oursMs;
  }
  return patience.isOver(pieces * (bytes ?? 0));
}

describe('the patience with a sender', () => {
  it('lasts for the grace, whatever has come', () => {
    expect(afterPieces(1, { waitMs: 1_000, bytes: 0 })).toBe(false);
    expect(afterPieces(1, { waitMs: 1_001, bytes: 0 })).toBe(true);
  });

  it('lasts as long as the bytes may take at the slowest pace', () => {
    expect(afterPieces(10, { waitMs: 1_000, bytes: 90 })).toBe(false);
    expect(afterPieces(11, { waitMs: 1_000, bytes: 90 })).toBe(true);
  });

  it('ends with one that sends a byte now and then', () => {
    expect(afterPieces(1_000, { waitMs: 20, bytes: 1 })).toBe(true);
  });

  it('does not blame a sender for the time it had to wait for us', () => {
    expect(afterPieces(1_000, { waitMs: 1, bytes: 1, oursMs: 60_000 })).toBe(false);
  });
});
