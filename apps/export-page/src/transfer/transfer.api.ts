import { useQuery } from '@tanstack/vue-query';
import { computed, type Ref } from 'vue';
import { useHttp } from '../connection/http.api.js';
import { useRefresh } from '../live/refresh.store.js';
import type { ResourceItem } from '../overview/resource.js';
import type { Gate, TransferDetail } from './transfer.js';

export type GatedResource = ResourceItem & { readonly gates: readonly Gate[] };

export function useResource(kind: Ref<string>, hash: Ref<string>, target: Ref<string | null>) {
  const http = useHttp();
  const refresh = useRefresh();
  return useQuery({
    queryKey: ['resource', kind, hash, target],
    queryFn: () => {
      const asked = { target_node_key: target.value, at_least: refresh.atLeast() };
      return http.get<GatedResource>(`resources/${kind.value}/${hash.value}`, asked);
    },
  });
}

/** The whole life of a transfer; nothing is asked while there is none. */
export function useTransfer(transferId: Ref<string | null>) {
  const http = useHttp();
  const refresh = useRefresh();
  return useQuery({
    queryKey: ['transfer', transferId],
    enabled: computed(() => transferId.value !== null),
    queryFn: () => http.get<TransferDetail>(`transfers/${transferId.value ?? ''}`, { at_least: refresh.atLeast() }),
  });
}
