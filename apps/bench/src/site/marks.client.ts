import type { ServiceClient } from './service.client.js';
import type { ServiceProcess } from './service.process.js';
import type { SiteResource } from './snapshot.js';

interface Marks {
  readonly results: readonly { readonly outcome: string; readonly code?: string }[];
}

/**
 * Marks these in one request.
 * @throws where one is not marked
 */
export async function markAll(
  client: ServiceClient,
  marking: ServiceProcess,
  resources: readonly SiteResource[],
): Promise<void> {
  const { results } = await client.call<Marks>('POST', `${marking.url}/v1/marks`, {
    resources: resources.map(({ kind, hash }) => ({ resource_kind: kind, resource_hash: hash })),
  });
  const other = results.find(({ outcome }) => outcome !== 'marked');
  if (results.length !== resources.length || other !== undefined) throw new Error(`Not marked: ${other?.code}`);
}
