import { endedAtWord, type HubAnswer } from './hub-answer.js';

describe('an upload that was to be ended at a word', () => {
  const timedOut: HubAnswer = { kind: 'no_answer', code: 'headers_timeout' };

  it('was ended by the word, though a time limit struck between the word and the cut', () => {
    expect(endedAtWord(timedOut, 'egress_stopped')).toEqual({ kind: 'aborted', reason: 'egress_stopped' });
  });

  it('was ended by the time limit where no word was given', () => {
    expect(endedAtWord(timedOut, null)).toBe(timedOut);
  });

  it.each<HubAnswer>([
    { kind: 'answered', status: 200, document: {}, retryAfterMs: null },
    { kind: 'not_sent', code: 'media_changed' },
    { kind: 'aborted', reason: 'lease_lost' },
  ])('is what it came to all the same: $kind', (answer) => {
    expect(endedAtWord(answer, 'egress_stopped')).toBe(answer);
  });
});
