import { RESOURCE_KINDS, SHA256_HEX } from '@hub-export/contracts';
import { Problem } from '@hub-export/http-edge';
import type { ResourceName } from './resource.service.js';

/**
 * The resource that a path names.
 * @throws {Problem} 400 `unknown_resource_kind` or `malformed_resource_hash`
 */
export function resourceNameOf(kind: string, hash: string): ResourceName {
  const resource_kind = RESOURCE_KINDS.find((known) => known === kind);
  if (resource_kind === undefined)
    throw new Problem(400, 'unknown_resource_kind', 'A resource is a video or a report.');
  if (!SHA256_HEX.test(hash)) {
    throw new Problem(400, 'malformed_resource_hash', 'A resource hash is 64 lower-case hexadecimal digits.');
  }
  return { resource_kind, resource_hash: hash };
}
