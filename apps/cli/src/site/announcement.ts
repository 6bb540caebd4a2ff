import type { Ports } from './ports.js';
import { serviceUrl } from './site-state.js';
import { fields } from '../text/table.js';

/** Where a running site answers, for people. */
export function addressLines(ports: Ports, { withHub }: { readonly withHub: boolean }): readonly string[] {
  const services = (['marking', 'transfer', 'audit'] as const).map((name) => {
    const url = serviceUrl(ports, name);
    return [`${name}-service`, `${url}/docs   health ${url}/health/ready`] as const;
  });
  const hub = [
    ['hub-simulator', `${serviceUrl(ports, 'hub')}/   control ${serviceUrl(ports, 'hub_control')}`],
  ] as const;
  return fields([...services, ...(withHub ? hub : [])]);
}
