import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Whom a hub's name must never lead to. */
export class HubAddressBlocked extends Error {
  override readonly name = 'HubAddressBlocked';
  readonly code = 'HUB_ADDRESS_BLOCKED';

  constructor() {
    super('The hub has an address that nothing is sent to.');
  }
}

const BLOCKED = new BlockList();
// Link-local, where clouds answer for their machines; and the addresses of theirs that lie elsewhere.
BLOCKED.addSubnet('169.254.0.0', 16, 'ipv4');
BLOCKED.addSubnet('fe80::', 10, 'ipv6');
BLOCKED.addAddress('100.100.100.200', 'ipv4');
BLOCKED.addAddress('168.63.129.16', 'ipv4');
BLOCKED.addAddress('fd00:ec2::254', 'ipv6');
// No host at all, or many at once.
BLOCKED.addSubnet('0.0.0.0', 8, 'ipv4');
BLOCKED.addAddress('::', 'ipv6');
BLOCKED.addSubnet('224.0.0.0', 3, 'ipv4');
BLOCKED.addSubnet('ff00::', 8, 'ipv6');

/** Whether nothing is ever sent there. IPv4 in the clothes of IPv6 is looked at as what it is. */
export function isBlocked(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return BLOCKED.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Looks a name up as Node does, and refuses it where any of its addresses is blocked. */
export const lookupUnblocked: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, '', 4);
    if (addresses.some(({ address }) => isBlocked(address))) return callback(new HubAddressBlocked(), '', 4);
    const [first] = addresses;
    if (options.all === true) return callback(null, addresses);
    return callback(null, first?.address ?? '', first?.family ?? 4);
  });
};
