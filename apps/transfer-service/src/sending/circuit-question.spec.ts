import type { HubAnswer } from './hub-answer.js';
import { isAnswerWell, probeQuestion } from './circuit-question.js';

const DENIED = 'hub_denies_access';

function answered(status: number, document: object | null = {}): HubAnswer {
  return { kind: 'answered', status, document: document as Record<string, unknown> | null, retryAfterMs: null };
}

describe('the probe of a half-open circuit', () => {
  it('asks for credentials with a transfer that the hub knows, since it answers for others before it looks', () => {
    expect(probeQuestion(DENIED, 'known')).toMatchObject({ call: 'status', transferKey: 'known' });
  });

  it('asks a hub that takes no transfers with a registration that nobody can take', () => {
    expect(probeQuestion('hub_transfers_off', 'known')).toMatchObject({ call: 'create', transferKey: null });
  });

  it('asks everything else with a transfer that cannot exist', () => {
    expect(probeQuestion('connection_refused', 'known')).toMatchObject({ call: 'status', transferKey: null });
  });

  it.each<[string, string, string | null, HubAnswer, string]>([
    ['no connection yet', 'connection_refused', null, { kind: 'not_sent', code: 'connection_refused' }, 'not_yet'],
    ['no answer', 'connection_refused', null, { kind: 'no_answer', code: 'headers_timeout' }, 'not_yet'],
    ['a hub that knows no such transfer', 'connection_refused', null, answered(404), 'well'],
    ['a page of something in between', 'connection_refused', null, answered(404, null), 'not_yet'],
    ['a gateway without a hub', 'connection_refused', null, answered(503), 'not_yet'],
    ['a hub that is overrun', 'hub_unavailable', null, answered(429), 'not_yet'],
    ['a hub that now refuses us', 'connection_refused', null, answered(403), 'not_yet'],
    ['transfers that are still off', 'hub_transfers_off', null, answered(404), 'not_yet'],
    ['transfers that are on', 'hub_transfers_off', null, answered(400), 'well'],
    ['credentials that are taken', DENIED, 'known', answered(200), 'well'],
    ['credentials that are still refused', DENIED, 'known', answered(403), 'not_yet'],
    ['a known transfer that the hub lost', DENIED, 'known', answered(404), 'undecided'],
    ['nothing to ask about', DENIED, null, answered(404), 'undecided'],
  ])('%s', (_what, code, knownKey, answer, expected) => {
    expect(isAnswerWell(probeQuestion(code, knownKey), answer)).toBe(expected);
  });
});
