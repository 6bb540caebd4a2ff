import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { useHttp } from '../connection/http.api.js';
import { useRefresh } from '../live/refresh.store.js';
import { doToAll } from './acts.api.js';
import { type Act, type ActResults, resultsBy } from './acts.js';
import type { ResourceItem } from './resource.js';
import { useSelection } from './selection.store.js';

/** What was done last, and how it ended for each resource. */
export interface Done extends ActResults {
  readonly target: string | null;
  readonly at: number;
}

export const useActs = defineStore('acts', () => {
  const http = useHttp();
  const refresh = useRefresh();
  const selection = useSelection();
  const running = ref<Act | null>(null);
  const done = shallowRef<Done | null>(null);

  /** Does it, and comes back when the list shows it. What was refused stays selected, the rest does not. */
  async function perform(act: Act, items: readonly ResourceItem[], target: string | null): Promise<void> {
    if (running.value !== null || items.length === 0) return;
    running.value = act;
    try {
      const results = await doToAll(http, act, items, target);
      const refused = new Set(resultsBy('refused', results).map(({ item }) => item));
      selection.setAll(
        items.filter((item) => !refused.has(item)),
        false,
      );
      await refresh.wrote(results.position);
      done.value = { ...results, target, at: Date.now() };
    } finally {
      running.value = null;
    }
  }

  function dismiss(): void {
    done.value = null;
  }

  return { running, done, perform, dismiss };
});
