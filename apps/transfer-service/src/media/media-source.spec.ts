import fc from 'fast-check';
import { hasSignatureOf, locatorParts } from './media-source.js';

describe('a locator', () => {
  it('names its parts below the media root', () => {
    expect(locatorParts('file:processed/abc.mp4')).toEqual(['processed', 'abc.mp4']);
    expect(locatorParts('file:a')).toEqual(['a']);
    expect(locatorParts('file:...')).toEqual(['...']);
  });

  it.each([
    'file:',
    'file:/etc/passwd',
    'file://etc/passwd',
    'file:a//b',
    'file:a/',
    'file:../a',
    'file:a/../b',
    'file:a/..',
    'file:.',
    'file:a/./b',
    'file:a\\b',
    'file:a\0b',
    'file:a\nb',
    'file:a\u007fb',
    'FILE:a',
    'https://site/a',
    'a/b',
    '',
    `file:${'a'.repeat(256)}`,
    `file:${Array.from({ length: 33 }, () => 'a').join('/')}`,
  ])('is none: %j', (locator) => {
    expect(locatorParts(locator)).toBeNull();
  });

  it('never has a part that leads out of its directory', () => {
    const piece = fc.constantFrom('a', '.', '..', '/', '\\', '\0', '', 'b.mp4', '~', '%2e%2e');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        for (const part of locatorParts(`file:${pieces.join('')}`) ?? []) {
          expect(['', '.', '..']).not.toContain(part);
          expect(part).not.toMatch(/[/\\\0]/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the beginning of media', () => {
  const mp4 = Buffer.from('\0\0\0\x20ftypisom');
  const pdf = Buffer.from('%PDF-1.7\n');

  it('tells its kind', () => {
    expect([hasSignatureOf('video', mp4), hasSignatureOf('report', pdf)]).toEqual([true, true]);
    expect([hasSignatureOf('video', pdf), hasSignatureOf('report', mp4)]).toEqual([false, false]);
  });

  it.each([Buffer.alloc(0), pdf.subarray(0, 4), Buffer.from(' %PDF-1.7'), Buffer.from('%pdf-1.7')])(
    'is no report: %j',
    (bytes) => {
      expect(hasSignatureOf('report', bytes)).toBe(false);
    },
  );
});
