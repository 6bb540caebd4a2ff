import type { HubAnswer, HubCall } from './hub-answer.js';

/** What an answer says of the hub itself, whatever it says of the transfer. */
export type HubSign =
  /** It knows us and takes our requests. */
  | { readonly says: 'well' }
  /** It is there; whether it would let the next transfer in is not told. */
  | { readonly says: 'reached' }
  /** The next transfer would meet the same. */
  | { readonly says: 'trouble'; readonly code: string; readonly opens: 'at_once' | 'when_repeated' }
  | { readonly says: 'nothing' };

/** So many calls in a row that meet such trouble open the circuit, where one alone may be chance. */
export const TROUBLE_IN_A_ROW = 3;

/**
 * Credentials, addresses and certificates are wrong for every transfer alike, so one meeting is enough. Connections that
 * fail, and gateways that say that nobody is behind them, count when they repeat (reliability: "open circuit").
 */
export function hubSign(call: HubCall, answer: HubAnswer): HubSign {
  switch (answer.kind) {
    case 'answered':
      return signOfStatus(call, answer.status, answer.document !== null);
    case 'not_sent':
      return SIGNS.get(answer.code) ?? { says: 'nothing' };
    case 'no_answer':
    case 'aborted':
      return { says: 'nothing' };
  }
}

function signOfStatus(call: HubCall, status: number, isDocument: boolean): HubSign {
  if (status === 200 || status === 201) return isDocument ? { says: 'well' } : { says: 'reached' };
  if (status === 401 || status === 403) return trouble('hub_denies_access');
  if (status === 404 && call === 'create') return trouble('hub_transfers_off');
  if (status >= 300 && status < 400) return trouble('hub_redirects');
  // A proxy refuses a client certificate that it does not know with a page of its own.
  if (status === 400 && !isDocument) return trouble('proxy_refused_request');
  if (status >= 502 && status <= 504) return { ...trouble('hub_unavailable'), opens: 'when_repeated' };
  return { says: 'reached' };
}

function trouble(code: string): Extract<HubSign, { says: 'trouble' }> {
  return { says: 'trouble', code, opens: 'at_once' };
}

const SIGNS: ReadonlyMap<string, HubSign> = new Map<string, HubSign>([
  ...['hub_certificate_untrusted', 'hub_certificate_wrong_host', 'hub_certificate_expired'].map(atOnce),
  ...['hub_certificate_not_pinned', 'hub_address_blocked', 'client_certificate_refused'].map(atOnce),
  ...['connection_refused', 'host_unknown', 'host_unreachable', 'connect_timeout', 'tls_failed'].map(whenRepeated),
]);

function atOnce(code: string): readonly [string, HubSign] {
  return [code, trouble(code)];
}

function whenRepeated(code: string): readonly [string, HubSign] {
  return [code, { ...trouble(code), opens: 'when_repeated' }];
}
