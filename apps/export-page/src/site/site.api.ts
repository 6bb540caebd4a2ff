import { useQuery } from '@tanstack/vue-query';
import { useHttp } from '../connection/http.api.js';
import { type Egress, type NetworkNode, type Readiness } from './site.js';

/** How the site stands is asked for this often, since no news tells of files and certificates, in milliseconds. */
const EVERY_MS = 15_000;

export function useReadiness() {
  const http = useHttp();
  return useQuery({
    queryKey: ['readiness'],
    queryFn: () => http.get<Readiness>('readiness'),
    refetchInterval: EVERY_MS,
  });
}

export function useEgress() {
  const http = useHttp();
  return useQuery({
    queryKey: ['egress'],
    queryFn: () => http.get<Egress>('egress'),
    refetchInterval: EVERY_MS,
  });
}

export function useNodes() {
  const http = useHttp();
  return useQuery({
    queryKey: ['nodes'],
    queryFn: async () => (await http.get<{ items: readonly NetworkNode[] }>('nodes')).items,
    refetchInterval: 4 * EVERY_MS,
  });
}
