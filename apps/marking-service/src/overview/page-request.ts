import { RESOURCE_KINDS, type ResourceKind, NODE_KEY } from '@hub-export/contracts';

/** Resources in one request of lx-annotate's page, which may select all that it shows. */
export const PAGE_RESOURCES_MAX = 5_000;

/** What the page asks for. */
export interface PageRequest {
  readonly target: string | null;
  readonly references: readonly { readonly resource_kind: ResourceKind; readonly id: number }[];
}

/** What is wrong with it, by field, in the page's own words where it has some. */
export type PageFaults = Readonly<Record<string, string>>;

/** Reads the body as the page writes it; members it does not know are refused nowhere, as the page's own server does. */
export function readPageRequest(body: unknown): { readonly request: PageRequest } | { readonly faults: PageFaults } {
  const { target_node_key: target = null, resources } = (body ?? {}) as {
    readonly target_node_key?: unknown;
    readonly resources?: unknown;
  };
  if (target !== null && !(typeof target === 'string' && NODE_KEY.test(target))) {
    return { faults: { target_node_key: 'target_node_key must be a node key.' } };
  }
  if (!Array.isArray(resources) || resources.length === 0) {
    return { faults: { resources: 'resources must be a non-empty list.' } };
  }
  if (resources.length > PAGE_RESOURCES_MAX) {
    return { faults: { resources: `resources must hold at most ${PAGE_RESOURCES_MAX} entries.` } };
  }
  const references = resources.map(referenceOf);
  if (references.includes(null)) {
    return { faults: { resources: 'each resource needs an integer id and the resource_kind video or report.' } };
  }
  return { request: { target, references: references.filter((reference) => reference !== null) } };
}

function referenceOf(resource: unknown): { readonly resource_kind: ResourceKind; readonly id: number } | null {
  if (typeof resource !== 'object' || resource === null) return null;
  const { id, resource_kind: given } = resource as { readonly id?: unknown; readonly resource_kind?: unknown };
  const resource_kind = RESOURCE_KINDS.find((kind) => kind === given);
  return resource_kind !== undefined && typeof id === 'number' && Number.isSafeInteger(id)
    ? { resource_kind, id }
    : null;
}
