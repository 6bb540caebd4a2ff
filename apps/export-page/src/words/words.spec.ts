import { readFileSync } from 'node:fs';
import { QUEUE_REASONS, TRANSFER_EVENTS } from '@hub-export/contracts';
import { bytesText, durationText } from './format.js';
import { DE } from './messages.de.js';
import { EN } from './messages.en.js';

function leaves(value: unknown, path = ''): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value as object).flatMap(([key, below]) => leaves(below, path === '' ? key : `${path}.${key}`));
}

function placeholders(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))].sort();
}

/** Rows of the sender's table after which it goes on. */
const NO_FAILURE = [
  'awaiting_media',
  'applied',
  'upload_failed_at_hub',
  'claim_expired',
  'lost_media_again',
  'unknown_to_hub',
];

describe('the words', () => {
  const german = new Map(leaves(DE));
  const english = new Map(leaves(EN));

  it('are the same in German and English: each has all keys, with the same things to fill in', () => {
    expect([...english.keys()].sort()).toEqual([...german.keys()].sort());
    const filled = (words: ReadonlyMap<string, string>) =>
      Object.fromEntries([...words].map(([key, text]) => [key, placeholders(text)]));
    expect(filled(english)).toEqual(filled(german));
  });

  it('are never empty, and plurals have as many forms in both', () => {
    for (const [key, text] of german) {
      expect([key, text.trim() !== '', english.get(key)?.trim() !== '']).toEqual([key, true, true]);
      expect([key, english.get(key)?.split(' | ').length]).toEqual([key, text.split(' | ').length]);
    }
  });

  it('name every fact of a history', () => {
    for (const type of Object.keys(TRANSFER_EVENTS)) expect(german.has(`event.${type}`)).toBe(true);
  });

  it('explain every failure that the sender can record', () => {
    const table = '../../../transfer-service/src/sending/reaction-table.ts';
    const text = readFileSync(new URL(table, import.meta.url), 'utf8');
    const reactions = text.slice(text.indexOf('REACTIONS = {'), text.indexOf('} as const satisfies'));
    const codes = [...reactions.matchAll(/^ {2}(\w+): /gm)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(50);
    expect(codes.filter((code) => !NO_FAILURE.includes(code) && !german.has(`code.failure.${code}`))).toEqual([]);
  });

  it('name every reason for which the system acts', () => {
    for (const reason of ['sender', 'site', 'site_node', 'eligibility', ...QUEUE_REASONS.slice(1)])
      expect([reason, german.has(`event.system.${reason}`)]).toEqual([reason, true]);
  });
});

describe('amounts', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [3_045_000, '3.0 MB'],
    [999_960, '1.0 MB'],
    [1_920_000_000, '1.9 GB'],
    [53_687_091_200, '53.7 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes, 'en')).toBe(text);
    expect(bytesText(bytes, 'de')).toBe(text.replace('.', ','));
  });

  it.each([
    [0, '0 s'],
    [0.4, '0.4 s'],
    [59.6, '1 min'],
    [65, '1 min 5 s'],
    [3_600, '1 h'],
    [3_725, '1 h 2 min'],
    [90_000, '1 d 1 h'],
  ])('%d seconds are %s', (seconds, text) => expect(durationText(seconds, 'en')).toBe(text));
});
