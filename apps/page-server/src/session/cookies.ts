/** What is read of the `Cookie` header; a pair that is none is passed over. At most so many pairs are looked at. */
const PAIRS_MAX = 100;

/** The cookies of a request by name (RFC 6265, 5.4); of two with one name the first counts. */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';', PAIRS_MAX)) {
    const place = pair.indexOf('=');
    if (place < 1) continue;
    const name = pair.slice(0, place).trim();
    if (!cookies.has(name)) cookies.set(name, pair.slice(place + 1).trim());
  }
  return cookies;
}

/** The names of this server's cookies. With https the prefix binds them to this host (RFC 6265bis). */
export function cookieNames(https: boolean): { readonly session: string; readonly signIn: string } {
  const prefix = https ? '__Host-' : '';
  return { session: `${prefix}hub_export_session`, signIn: `${prefix}hub_export_sign_in` };
}

/** The name that Django, and so lx-annotate's page, gives the token against forged requests. */
export const CSRF_COOKIE = 'csrftoken';
