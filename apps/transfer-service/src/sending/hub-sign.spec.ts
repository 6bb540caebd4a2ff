import type { HubAnswer, HubCall } from './hub-answer.js';
import { hubSign } from './hub-sign.js';

function answered(status: number, document: object | null = {}): HubAnswer {
  return { kind: 'answered', status, document: document as Record<string, unknown> | null, retryAfterMs: null };
}

describe('what an answer says of the hub', () => {
  it.each<[string, HubCall, HubAnswer, string]>([
    ['a taken registration', 'create', answered(201), 'well'],
    ['a status document', 'status', answered(200), 'well'],
    ['a page that is no document', 'status', answered(200, null), 'reached'],
    ['a missing secret', 'create', answered(401), 'hub_denies_access at_once'],
    ['a wrong secret', 'media', answered(403), 'hub_denies_access at_once'],
    ['a hub without transfers', 'create', answered(404), 'hub_transfers_off at_once'],
    ['a transfer that is not known', 'status', answered(404), 'reached'],
    ['media of a forgotten transfer', 'media', answered(404), 'reached'],
    ['another address', 'create', answered(301, null), 'hub_redirects at_once'],
    ['a proxy that does not know our certificate', 'create', answered(400, null), 'proxy_refused_request at_once'],
    ['a payload that it does not take', 'create', answered(400), 'reached'],
    ['a conflict', 'create', answered(409), 'reached'],
    ['an error of its own', 'create', answered(500), 'reached'],
    ['a gateway with nobody behind it', 'create', answered(502, null), 'hub_unavailable when_repeated'],
    ['maintenance', 'status', answered(503, null), 'hub_unavailable when_repeated'],
    ['too many requests', 'create', answered(429), 'reached'],
    ['no listener', 'create', { kind: 'not_sent', code: 'connection_refused' }, 'connection_refused when_repeated'],
    ['no such host', 'create', { kind: 'not_sent', code: 'host_unknown' }, 'host_unknown when_repeated'],
    [
      'somebody else’s certificate',
      'create',
      { kind: 'not_sent', code: 'hub_certificate_untrusted' },
      'hub_certificate_untrusted at_once',
    ],
    [
      'our certificate refused',
      'status',
      { kind: 'not_sent', code: 'client_certificate_refused' },
      'client_certificate_refused at_once',
    ],
    ['trouble with our own media', 'media', { kind: 'not_sent', code: 'media_changed' }, 'nothing'],
    ['a lost answer', 'create', { kind: 'no_answer', code: 'headers_timeout' }, 'nothing'],
    ['a call that we broke off', 'media', { kind: 'aborted', reason: 'egress_stopped' }, 'nothing'],
  ])('%s', (_what, call, answer, expected) => {
    const sign = hubSign(call, answer);
    expect(sign.says === 'trouble' ? `${sign.code} ${sign.opens}` : sign.says).toBe(expected);
  });
});
