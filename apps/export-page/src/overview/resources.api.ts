import { keepPreviousData, useQuery } from '@tanstack/vue-query';
import type { Ref } from 'vue';
import { useHttp } from '../connection/http.api.js';
import { useRefresh } from '../live/refresh.store.js';
import type { OverviewFilter } from './overview-filter.js';
import type { PrivacySummary } from './privacy.js';
import type { ResourceItem } from './resource.js';

export const PAGE_SIZE = 25;
/** Of what the site reports there are no news; so often it is asked for, in milliseconds. */
const EVERY_MS = 15_000;

export interface ResourcePage {
  readonly items: readonly ResourceItem[];
  readonly next_cursor: string | null;
}

interface ViewCount {
  readonly view: string;
  readonly count: number;
}

export function useResources(filter: Ref<OverviewFilter>, cursor: Ref<string | null>) {
  const http = useHttp();
  const refresh = useRefresh();
  return useQuery({
    queryKey: ['resources', filter, cursor],
    queryFn: () => {
      const page = { limit: PAGE_SIZE, cursor: cursor.value, at_least: refresh.atLeast() };
      return http.get<ResourcePage>('resources', { ...askedBy(filter.value), ...page });
    },
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
}

/** How many there are in each view, for the chips. */
export function useCounts(filter: Ref<OverviewFilter>) {
  const http = useHttp();
  const refresh = useRefresh();
  return useQuery({
    queryKey: ['counts', filter],
    queryFn: async () => {
      const { view: _view, sort: _sort, direction: _direction, ...narrowing } = askedBy(filter.value);
      const asked = { ...narrowing, at_least: refresh.atLeast() };
      const { counts } = await http.get<{ counts: readonly ViewCount[] }>('resources/counts', asked);
      return new Map(counts.map(({ view, count }) => [view, count]));
    },
    placeholderData: keepPreviousData,
    refetchInterval: 2 * EVERY_MS,
  });
}

/** The k-anonymity of all that may be sent, or of a selection. */
export function usePrivacySummary(target: Ref<string | null>, selection: Ref<readonly ResourceItem[]>) {
  const http = useHttp();
  return useQuery({
    queryKey: ['privacy', target, selection],
    queryFn: () => {
      const resources = selection.value.map(({ resource_kind, resource_hash }) => ({ resource_kind, resource_hash }));
      return http.ask<PrivacySummary>('privacy-summary', {
        ...(target.value === null ? {} : { target_node_key: target.value }),
        ...(resources.length === 0 ? {} : { resources }),
      });
    },
    placeholderData: keepPreviousData,
  });
}

function askedBy({ view, sort, direction, q, kind, center, target }: OverviewFilter) {
  return { view, sort, direction, q: q.trim().toLowerCase(), kind, center, target_node_key: target };
}
