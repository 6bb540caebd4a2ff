const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** As long as Django's shortest. */
const TOKEN = /^[A-Za-z0-9_-]{32,128}$/;

export interface CsrfFacts {
  readonly method: string;
  /** The cookie `csrftoken`. */
  readonly cookie: string | undefined;
  /** The header `X-CSRFToken`. */
  readonly header: unknown;
  /** `Sec-Fetch-Site`: what the browser says of who asks; older ones say nothing. */
  readonly site: unknown;
}

/**
 * Whether a request by cookie may be another site's doing. Reading is free. A write must repeat the cookie in a header,
 * which only a page of this origin can do, and its browser must not say that another site asks. The cookie may be
 * Django's own: at a site both stand behind one origin.
 */
export function isForged({ method, cookie, header, site }: CsrfFacts): boolean {
  if (SAFE.has(method)) return false;
  if (site !== undefined && site !== 'same-origin') return true;
  return cookie === undefined || !TOKEN.test(cookie) || header !== cookie;
}

/** Whether a cookie can serve; else a new one is given. */
export function isCsrfToken(cookie: string | undefined): boolean {
  return cookie !== undefined && TOKEN.test(cookie);
}
