import { SealedProtocol, type SealedParts } from '../sealing/sealed.protocol.js';
import type { HubProtocols } from './hub-protocol.js';
import { MultipartProtocol } from './multipart.protocol.js';

/** Which hub is spoken to in which way: the one table. */
export function hubProtocols(parts: SealedParts): HubProtocols {
  const multipart = new MultipartProtocol(parts.approved);
  const sealed = new SealedProtocol(parts);
  return {
    'endoreg-2.0': multipart,
    'endoreg-3.0': multipart,
    'endoreg-3.0-envelope': sealed,
    'endoreg-3.0-envelope-raw-hash': sealed,
  };
}
