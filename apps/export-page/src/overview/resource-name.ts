import { type ResourceItem, shortHash } from './resource.js';

interface Words {
  readonly t: (key: string) => string;
}

/** How a resource is called in a sentence: its kind, and the site's number or the beginning of its hash. */
export function resourceName({ resource_kind, local_id, resource_hash }: ResourceItem, { t }: Words): string {
  return `${t(`kind.${resource_kind}`)} ${local_id ?? shortHash(resource_hash)}`;
}
