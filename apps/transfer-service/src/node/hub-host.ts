/** Which hubs may be named otherwise than by a name and the port of HTTPS. */
export interface HubHosts {
  /** `host` or `host:port`, as in a URL. */
  readonly allowed: readonly string[];
  /** This machine itself, at any port: for development and tests. */
  readonly loopback: boolean;
}

export type HubHostFault = 'ip_literal_not_allowed' | 'port_not_allowed';

/**
 * What speaks against the place that a base URL names, if anything does. An address or another port is how a node would
 * be turned into a way to a private service of this network, so each of them is allowed by whoever runs the machine, not
 * by whoever records nodes. A URL has brought an address in disguise (`0x7f.1`) into its usual form by then.
 */
export function hubHostFault(baseUrl: string, { allowed, loopback }: HubHosts): HubHostFault | null {
  const { host, hostname, port } = new URL(baseUrl);
  if (allowed.includes(host) || (loopback && isLoopback(hostname))) return null;
  if (IPV4.test(hostname) || hostname.startsWith('[')) return 'ip_literal_not_allowed';
  return port === '' ? null : 'port_not_allowed';
}

/** As a URL writes it; a name that ends in a number is none. */
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (IPV4.test(hostname) && hostname.startsWith('127.'));
}
