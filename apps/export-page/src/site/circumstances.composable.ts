import { computed, type Ref } from 'vue';
import type { Circumstances } from '../overview/next-step.js';
import { useClock } from '../shell/clock.store.js';
import { usePageConfig } from './page-config.api.js';
import { useEgress, useReadiness } from './site.api.js';
import { readinessFor } from './site.js';

/** How the site stands for the hub that is looked at. */
export function useCircumstances(target: Ref<string | null>) {
  const config = usePageConfig();
  const clock = useClock();
  const { data: readiness } = useReadiness();
  const { data: egress } = useEgress();
  const targetReadiness = computed(() =>
    readiness.value === undefined ? null : readinessFor(readiness.value, target.value),
  );
  const circumstances = computed<Circumstances>(() => ({
    ready: targetReadiness.value?.ready ?? true,
    egressOpen: egress.value?.open ?? true,
    autoQueueSeconds: config.auto_queue ? config.reversibility_window_seconds : null,
    nowMs: clock.nowMs,
  }));
  return { readiness: targetReadiness, egress: computed(() => egress.value ?? null), circumstances };
}
