import type { HubAnswer } from './hub-answer.js';
import { allSteps, certificateStep, credentialsStep, failed, passed, transfersStep } from './probe-steps.js';

function told(answer: HubAnswer) {
  return { answer, durationMs: 7 };
}

function answered(status: number, document: Record<string, unknown> | null = {}): HubAnswer {
  return { kind: 'answered', status, document, retryAfterMs: null };
}

const LOST: HubAnswer = { kind: 'no_answer', code: 'connection_lost' };
const REFUSED: HubAnswer = { kind: 'not_sent', code: 'client_certificate_refused' };

describe('the steps of a probe', () => {
  it('are all told, in their order, also those that were not come to', () => {
    const steps = allSteps([failed('tcp', 'connection_refused', 3), passed('name_resolution', 1)]);
    expect(steps.map(({ step, outcome, code }) => `${step} ${outcome} ${code}`)).toEqual([
      'name_resolution passed null',
      'tcp failed connection_refused',
      'tls not_reached null',
      'client_certificate not_reached null',
      'node_credentials not_reached null',
      'transfers_enabled not_reached null',
    ]);
  });

  it.each([
    ['any answer of the hub', answered(404), null, 'passed', null],
    ['a page of the proxy', answered(400, null), null, 'failed', 'proxy_refused_request'],
    ['an alert', REFUSED, null, 'failed', 'client_certificate_refused'],
    ['a fault of our own files', answered(404), 'client_key_unreadable', 'failed', 'client_key_unreadable'],
    ['no answer', LOST, null, 'not_reached', 'connection_lost'],
  ])('take the client certificate by %s', (_what, answer, fault, outcome, code) => {
    expect(certificateStep(told(answer), fault)).toMatchObject({ outcome, code });
  });

  it.each([
    ['a transfer that the hub tells us', answered(200), 'passed', null],
    ['a refusal', answered(403), 'failed', 'hub_denies_access'],
    ['a transfer that the hub forgot', answered(404), 'not_reached', 'transfer_unknown_to_hub'],
    ['no answer', LOST, 'not_reached', 'connection_lost'],
  ])('take the credentials by %s', (_what, answer, outcome, code) => {
    expect(credentialsStep(told(answer))).toEqual({ step: 'node_credentials', outcome, code, duration_ms: 7 });
  });

  it('do not claim credentials of which nothing told yet', () => {
    expect(credentialsStep(null)).toMatchObject({ outcome: 'not_reached', code: 'no_transfer_known_to_hub' });
  });

  it.each([
    ['a refusal of nothing', answered(400), 'passed', null],
    ['a 404', answered(404), 'failed', 'hub_transfers_off'],
    ['a page of a proxy', answered(400, null), 'failed', 'proxy_refused_request'],
    ['an error of the hub', answered(500), 'not_reached', 'unexpected_hub_answer'],
  ])('take the switch of the hub by %s', (_what, answer, outcome, code) => {
    expect(transfersStep(told(answer))).toMatchObject({ outcome, code });
  });
});
