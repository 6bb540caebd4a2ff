/** Paths that are no place in the page, though nobody answers them. */
const NO_PAGE = [
  '/v1',
  '/api',
  '/endoreg-api',
  '/session',
  '/oidc',
  '/health',
  '/metrics',
  '/docs',
  '/openapi.json',
  '/assets',
];

/** Whether a request is a person going somewhere in the page: the page itself then knows what to show. */
export function isPlaceInPage(request: {
  readonly method: string;
  readonly path: string;
  readonly accept: string | undefined;
}): boolean {
  const { method, path, accept } = request;
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (NO_PAGE.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) return false;
  // What has an extension is a file that is not there.
  return (accept ?? '').includes('text/html') && !/\.[a-z0-9]{1,8}$/i.test(path);
}
