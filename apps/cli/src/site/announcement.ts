import type { Ports } from './ports.js';
import { serviceUrl } from './site-state.js';
import { fields } from '../text/table.js';

/** Where a browser finds the page; a name that works in every browser, as its cookies want. */
export function pageUrl(ports: Ports): string {
  return `http://localhost:${ports.page}`;
}

/** Where a running site answers, for people. */
export function addressLines(ports: Ports, { withHub }: { readonly withHub: boolean }): readonly string[] {
  const services = (['marking', 'transfer', 'audit'] as const).map((name) => {
    const url = serviceUrl(ports, name);
    return [`${name}-service`, `${url}/docs   health ${url}/health/ready`] as const;
  });
  const hub = [
    ['hub-simulator', `${serviceUrl(ports, 'hub')}/   control ${serviceUrl(ports, 'hub_control')}`],
  ] as const;
  const page = [['export page', `${pageUrl(ports)}/`]] as const;
  return fields([...page, ...services, ...(withHub ? hub : [])]);
}

/** A link that signs in at once; there is one in development alone. */
export function devSignInUrl(ports: Ports, as: 'operations' | 'everything'): string {
  return `${pageUrl(ports)}/session/dev-sign-in?as=${as}`;
}
