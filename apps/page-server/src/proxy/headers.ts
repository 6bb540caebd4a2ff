type Given = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What goes on to a service: what its interface reads, and nothing a browser adds besides. */
const REQUEST_HEADERS = [
  'accept',
  'accept-language',
  'content-type',
  'content-length',
  'content-encoding',
  'idempotency-key',
  'if-none-match',
  'last-event-id',
  'range',
] as const;

/** Headers of one connection (RFC 9110, 7.6.1), and those that this server decides itself. */
const OWN_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  'strict-transport-security',
  'x-correlation-id',
]);

/** The headers a service gets. Cookies stay here: the session is turned into a token before. */
export function requestHeaders(
  given: Given,
  { authorization, correlationId }: { readonly authorization: string | undefined; readonly correlationId: string },
): Record<string, string> {
  const headers: Record<string, string> = { 'x-correlation-id': correlationId };
  for (const name of REQUEST_HEADERS) {
    const value = given[name];
    if (typeof value === 'string') headers[name] = value;
  }
  if (authorization !== undefined) headers['authorization'] = authorization;
  return headers;
}

/** The headers of a service's answer that go back to the browser. */
export function responseHeaders(given: Given): ReadonlyMap<string, string | string[]> {
  const kept = new Map<string, string | string[]>();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || OWN_HEADERS.has(name.toLowerCase())) continue;
    kept.set(name, typeof value === 'string' ? value : [...value]);
  }
  return kept;
}
