import type { TransferEvent } from '@hub-export/contracts';

/**
 * Whether a new envelope may take the place of an earlier one, by what is recorded of the transfer.
 *
 * A hub compares envelopes only where it has applied one (hub contract 7.6), and then another one makes the transfer
 * inconsistent for ever. So a new one is harmless exactly while nothing was applied and nothing that is under way can
 * still be. Three records prove that: no media was ever sent; the hub refused the last media with its own 400; or the
 * hub said `failed`, which it says after the claim of an upload ended without success (5.2). `awaiting_media` proves
 * nothing: a hub without claims says it in the middle of an upload, and a proxy may still hold a whole body.
 */
export function maySealAnew(history: readonly TransferEvent[]): boolean {
  const last = history.findLastIndex(({ type }) => type === 'UploadStarted');
  if (last === -1) return true;
  return history.slice(last + 1).some(provesNothingApplied);
}

function provesNothingApplied(event: TransferEvent): boolean {
  switch (event.type) {
    case 'TransferFailed':
      // A proxy says 400 too, in its own words: it did not pass the media on, but may have before.
      return event.stage === 'upload' && event.http_status === 400 && event.code !== 'proxy_refused_request';
    case 'HubAsked':
    case 'RegistrationAccepted':
      return event.hub_status === 'failed';
    default:
      return false;
  }
}
