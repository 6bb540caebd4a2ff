/** Which service answers a path, and within which limits. */
export interface ProxyRoute {
  /** The beginning of the path, and how the request is named in log and metrics. */
  readonly prefix: string;
  readonly service: 'marking' | 'transfer' | 'audit';
  /** Whether paths below it belong to it too. */
  readonly below: boolean;
  readonly bodyBytesMax: number;
  /** Server-sent events: open for as long as the page is. */
  readonly live: boolean;
}

/** What any request may carry. */
const BODY_BYTES_MAX = 1_048_576;
/** A snapshot with all its rows. */
const SNAPSHOT_BYTES_MAX = 33_554_432;

/** Every interface of the three services that a browser or lx-annotate uses; what is not named is not reached. */
export const PROXY_ROUTES: readonly ProxyRoute[] = [
  route('/v1/resources', 'marking', { bodyBytesMax: SNAPSHOT_BYTES_MAX }),
  route('/v1/marks', 'marking', { below: false }),
  route('/v1/unmarks', 'marking', { below: false }),
  route('/v1/privacy-summary', 'marking', { below: false }),
  route('/v1/parked', 'marking'),
  route('/endoreg-api/hub-export', 'marking'),
  route('/api/hub-export', 'marking'),
  route('/v1/transfers', 'transfer'),
  route('/v1/readiness', 'transfer', { below: false }),
  route('/v1/nodes', 'transfer'),
  route('/v1/egress', 'transfer'),
  route('/v1/recovery', 'transfer', { below: false }),
  route('/v1/live', 'transfer', { below: false, live: true }),
  route('/v1/audit', 'audit'),
];

/** The route of a path, or undefined where no service answers it. */
export function routeOf(path: string): ProxyRoute | undefined {
  return PROXY_ROUTES.find(({ prefix, below }) => path === prefix || (below && path.startsWith(`${prefix}/`)));
}

function route(
  prefix: string,
  service: ProxyRoute['service'],
  { below = true, bodyBytesMax = BODY_BYTES_MAX, live = false }: Partial<ProxyRoute> = {},
): ProxyRoute {
  return { prefix, service, below, bodyBytesMax, live };
}
