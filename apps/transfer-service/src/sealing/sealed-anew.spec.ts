import type { TransferEvent } from '@hub-export/contracts';
import { maySealAnew } from './sealed-anew.js';

const began = { type: 'UploadStarted' } as TransferEvent;
const unknown = { type: 'OutcomeUnknown' } as TransferEvent;

describe('a new envelope', () => {
  it('may be made as long as no media was ever sent', () => {
    expect(maySealAnew([])).toBe(true);
    expect(maySealAnew([accepted('awaiting_media')])).toBe(true);
  });

  it.each([
    ['nothing is known of the upload', []],
    ['the answer to the upload was lost', [unknown]],
    ['the hub only says that it waits', [unknown, asked('awaiting_media'), accepted('awaiting_media')]],
    ['the hub is still at it', [asked('running'), accepted('running')]],
    ['the hub was refused by a proxy', [failed('upload', 400, 'proxy_refused_request')]],
    ['the upload failed without a word of the hub', [failed('upload', null, 'egress_stopped')]],
    ['the hub broke', [failed('upload', 500, 'hub_error')]],
    ['the registration was refused', [failed('registration', 400, 'hub_refused_payload')]],
  ])('may not be made where %s', (_what, after: readonly TransferEvent[]) => {
    expect(maySealAnew([began, ...after])).toBe(false);
  });

  it.each([
    ['the hub refused the media itself', [failed('upload', 400, 'recipient_key_unavailable')]],
    ['the hub says that the upload failed', [unknown, asked('failed')]],
    ['the hub says so when it is registered with again', [unknown, accepted('failed')]],
  ])('may be made where %s', (_what, after: readonly TransferEvent[]) => {
    expect(maySealAnew([began, ...after])).toBe(true);
  });

  it('depends on the last upload alone: what was said before it proves nothing of it', () => {
    expect(maySealAnew([began, failed('upload', 400, 'recipient_key_unavailable'), began, unknown])).toBe(false);
    expect(maySealAnew([began, asked('failed'), began])).toBe(false);
  });
});

function asked(hub_status: string): TransferEvent {
  return { type: 'HubAsked', answer: 'found', hub_status, http_status: 200 } as TransferEvent;
}

function accepted(hub_status: string): TransferEvent {
  return { type: 'RegistrationAccepted', hub_status } as TransferEvent;
}

function failed(stage: string, http_status: number | null, code: string): TransferEvent {
  return { type: 'TransferFailed', stage, http_status, code } as TransferEvent;
}
