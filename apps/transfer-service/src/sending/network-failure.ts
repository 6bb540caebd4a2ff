import type { HubAnswer } from './hub-answer.js';

type Failure = Extract<HubAnswer, { kind: 'not_sent' | 'no_answer' }>;

/**
 * What a failed call means, by the codes of Node, OpenSSL and undici. Only what surely never reached the hub counts as
 * not sent; whatever else went wrong, the request may have taken effect.
 */
export function failureCodeOf(error: unknown): Failure {
  for (const { code, isConnecting } of codesOf(error)) {
    const failure = FAILURES.get(code);
    if (failure !== undefined && (isConnecting || !WHILE_CONNECTING.has(code))) return failure;
  }
  return { kind: 'no_answer', code: 'connection_lost' };
}

/** These can also end a connection over which the request already went out; then nobody knows what became of it. */
const WHILE_CONNECTING: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

interface CodeOfError {
  readonly code: string;
  readonly isConnecting: boolean;
}

const CAUSES_MAX = 4;

/** The codes of an error and of its causes, outermost first. */
function codesOf(error: unknown): readonly CodeOfError[] {
  const codes: CodeOfError[] = [];
  let current = error;
  for (let depth = 0; depth < CAUSES_MAX && typeof current === 'object' && current !== null; depth += 1) {
    const { code, cause, name, syscall } = current as Readonly<Record<string, unknown>>;
    const isConnecting = syscall === 'connect';
    for (const text of [code, name]) if (typeof text === 'string') codes.push({ code: text, isConnecting });
    current = cause;
  }
  return codes;
}

function notSent(code: Extract<Failure, { kind: 'not_sent' }>['code'], ...systemCodes: readonly string[]) {
  return systemCodes.map((systemCode) => [systemCode, { kind: 'not_sent', code }] as const);
}

function noAnswer(code: Extract<Failure, { kind: 'no_answer' }>['code'], ...systemCodes: readonly string[]) {
  return systemCodes.map((systemCode) => [systemCode, { kind: 'no_answer', code }] as const);
}

/** OpenSSL has renamed its oldest alerts; which name comes depends on its version. */
function alerts(...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => [`ERR_SSL_SSL/TLS_ALERT_${name}`, `ERR_SSL_SSLV3_ALERT_${name}`]);
}

const FAILURES: ReadonlyMap<string, Failure> = new Map<string, Failure>([
  ...notSent('connection_refused', 'ECONNREFUSED'),
  ...notSent('host_unknown', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'),
  ...notSent('host_unreachable', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'),
  ...notSent('hub_address_blocked', 'HUB_ADDRESS_BLOCKED'),
  ...notSent('connect_timeout', 'UND_ERR_CONNECT_TIMEOUT'),
  ...notSent('hub_certificate_wrong_host', 'ERR_TLS_CERT_ALTNAME_INVALID'),
  ...notSent('hub_certificate_not_pinned', 'HUB_CERTIFICATE_NOT_PINNED'),
  ...notSent('hub_certificate_expired', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'),
  ...notSent(
    'hub_certificate_untrusted',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_UNTRUSTED',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'INVALID_CA',
    'INVALID_PURPOSE',
  ),
  ...notSent(
    'client_certificate_refused',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    ...alerts(
      'BAD_CERTIFICATE',
      'UNSUPPORTED_CERTIFICATE',
      'CERTIFICATE_EXPIRED',
      'CERTIFICATE_REVOKED',
      'CERTIFICATE_UNKNOWN',
    ),
  ),
  ...notSent(
    'tls_failed',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    ...alerts('HANDSHAKE_FAILURE'),
  ),
  ...notSent('certificates_unreadable', 'MaterialUnreadable'),
  ...noAnswer('headers_timeout', 'UND_ERR_HEADERS_TIMEOUT'),
  ...noAnswer('body_timeout', 'UND_ERR_BODY_TIMEOUT'),
  ...noAnswer('answer_too_large', 'UND_ERR_RES_EXCEEDED_MAX_SIZE'),
]);
