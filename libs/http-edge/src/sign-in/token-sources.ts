/** The headers of a request, as Node gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Finds a bearer token in a request; undefined where this source has none. */
export type TokenSource = (headers: Headers) => string | undefined;

/** `Authorization: Bearer <token>` (RFC 6750). */
export function authorizationHeader(headers: Headers): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/-]{1,16384}=*)$/i.exec(String(headers['authorization'] ?? ''))?.[1];
}

/** Asked in this order; the first token found counts. A session cookie would be one more entry, with its CSRF check. */
export const TOKEN_SOURCES: readonly TokenSource[] = [authorizationHeader];
