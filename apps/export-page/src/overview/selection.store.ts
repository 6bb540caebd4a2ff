import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { keyOf, type ResourceItem } from './resource.js';

/** So many can be selected at once. */
export const SELECTED_MAX = 1_000;

/** What is selected, through all pages of the list, each as it was last seen. */
export const useSelection = defineStore('selection', () => {
  const chosen = shallowRef<ReadonlyMap<string, ResourceItem>>(new Map());
  const items = computed(() => [...chosen.value.values()]);

  function set(item: ResourceItem, selected: boolean): void {
    setAll([item], selected);
  }

  function setAll(given: readonly ResourceItem[], selected: boolean): void {
    const next = new Map(chosen.value);
    for (const item of given) {
      if (!selected) next.delete(keyOf(item));
      else if (next.size < SELECTED_MAX) next.set(keyOf(item), item);
    }
    chosen.value = next;
  }

  /** Newer knowledge of what is selected. */
  function see(given: readonly ResourceItem[]): void {
    const next = new Map(chosen.value);
    for (const item of given) if (next.has(keyOf(item))) next.set(keyOf(item), item);
    chosen.value = next;
  }

  function clear(): void {
    chosen.value = new Map();
  }

  function has(item: ResourceItem): boolean {
    return chosen.value.has(keyOf(item));
  }

  return { items, set, setAll, see, clear, has };
});
