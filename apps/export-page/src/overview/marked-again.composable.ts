import type { Ref } from 'vue';
import { useHttp } from '../connection/http.api.js';
import { useRefresh } from '../live/refresh.store.js';
import { inPortions } from './acts.js';
import type { ResourceItem } from './resource.js';

/** So many resources are read again at the same time. */
const AT_ONCE = 8;

/** After a mark: the same resources as they stand now, with the transfer that the mark began. */
export function useMarkedAgain(target: Ref<string | null>) {
  const http = useHttp();
  const refresh = useRefresh();

  async function markedNow(items: readonly ResourceItem[]): Promise<readonly ResourceItem[]> {
    const read: ResourceItem[] = [];
    for (const portion of inPortions(items, AT_ONCE)) {
      const asked = { target_node_key: target.value, at_least: refresh.atLeast() };
      read.push(
        ...(await Promise.all(
          portion.map(({ resource_kind, resource_hash }) =>
            http.get<ResourceItem>(`resources/${resource_kind}/${resource_hash}`, asked),
          ),
        )),
      );
    }
    return read.filter(({ transfer }) => transfer?.status === 'marked');
  }

  return { markedNow };
}
