import fc from 'fast-check';
import { MaterialUnreadable } from '../node/watched-files.file.js';
import { failureCodeOf } from './network-failure.js';

describe('a call that failed', () => {
  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ENOTFOUND', 'host_unknown'],
    ['EAI_AGAIN', 'host_unknown'],
    ['EHOSTUNREACH', 'host_unreachable'],
    ['ENETUNREACH', 'host_unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'hub_certificate_wrong_host'],
    ['CERT_HAS_EXPIRED', 'hub_certificate_expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'hub_certificate_untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'hub_certificate_untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'hub_certificate_untrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'hub_certificate_untrusted'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client_certificate_refused'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client_certificate_refused'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_failed'],
  ])('with %s was surely not sent: %s', (code, told) => {
    expect(failureCodeOf(failed(code, 'connect'))).toEqual({ kind: 'not_sent', code: told });
  });

  it.each([
    ['UND_ERR_HEADERS_TIMEOUT', 'headers_timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'body_timeout'],
    ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'answer_too_large'],
    ['ECONNRESET', 'connection_lost'],
    ['EPIPE', 'connection_lost'],
    ['ETIMEDOUT', 'connection_lost'],
    ['UND_ERR_SOCKET', 'connection_lost'],
    ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'connection_lost'],
    ['A_CODE_OF_TOMORROW', 'connection_lost'],
  ])('with %s may have taken effect: %s', (code, told) => {
    expect(failureCodeOf(failed(code))).toEqual({ kind: 'no_answer', code: told });
  });

  it('is known by the cause that lies below', () => {
    const wrapped = new Error('a', { cause: new Error('b', { cause: failed('ECONNREFUSED', 'connect') }) });
    expect(failureCodeOf(wrapped)).toEqual({ kind: 'not_sent', code: 'connection_refused' });
  });

  it('was not sent where our own certificates could not be read', () => {
    expect(failureCodeOf(new MaterialUnreadable(1))).toEqual({ kind: 'not_sent', code: 'certificates_unreadable' });
  });

  it('may have taken effect, whatever else was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(failureCodeOf(thrown)).toEqual({ kind: 'no_answer', code: 'connection_lost' });
      }),
    );
  });

  it('that is its own cause ends the search', () => {
    const circle: { cause?: unknown } = {};
    circle.cause = circle;
    expect(failureCodeOf(circle)).toEqual({ kind: 'no_answer', code: 'connection_lost' });
  });
});

function failed(code: string, syscall?: string): Error {
  return Object.assign(new Error('Canary'), { code, ...(syscall && { syscall }) });
}
