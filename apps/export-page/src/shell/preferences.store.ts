import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { type Preferences, preferencesFrom, shownTheme } from './preferences.js';

const KEPT = 'hub-export.preferences';

/** Language, appearance and last target of this browser. */
export const usePreferences = defineStore('preferences', () => {
  const preferences = ref<Preferences>(preferencesFrom(localStorage.getItem(KEPT), navigator.languages));
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const systemIsDark = ref(dark.matches);
  dark.addEventListener('change', ({ matches }) => (systemIsDark.value = matches));
  const theme = computed(() => shownTheme(preferences.value.theme, systemIsDark.value));

  watch(
    [preferences, theme],
    () => {
      localStorage.setItem(KEPT, JSON.stringify(preferences.value));
      document.documentElement.lang = preferences.value.language;
      document.documentElement.dataset['bsTheme'] = theme.value;
    },
    { immediate: true },
  );

  function choose(changes: Partial<Preferences>): void {
    preferences.value = { ...preferences.value, ...changes };
  }

  return { preferences, theme, choose };
});
