import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './app.vue';
import { HTTP, Http } from './connection/http.api.js';
import { ApiProblem, isPassing } from './connection/problem.js';
import { createPageRouter } from './page.router.js';
import { usePreferences } from './shell/preferences.store.js';
import { PAGE_CONFIG, readPageConfig } from './site/page-config.api.js';
import { useSignIn } from './sign-in/sign-in.store.js';
import './style.css';
import { DE } from './words/messages.de.js';
import { createWords } from './words/words.plugin.js';

/** Reads that failed for a passing reason are tried again so often. */
const READ_RETRIES_MAX = 2;

try {
  await start();
} catch {
  // Without its configuration the page cannot even choose a language.
  const text = document.createElement('p');
  text.setAttribute('role', 'alert');
  text.textContent = DE.page.broken;
  document.getElementById('app')?.replaceChildren(text);
}

async function start(): Promise<void> {
  const app = createApp(App);
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, problem) =>
          failures < READ_RETRIES_MAX && problem instanceof ApiProblem && isPassing(problem),
        staleTime: 2_000,
        // News come by the live stream; a tab that comes back asks anyway.
        refetchOnWindowFocus: true,
      },
    },
  });
  app.use(createPinia());
  app.provide(PAGE_CONFIG, await readPageConfig());
  app.provide(HTTP, new Http(() => useSignIn().refused()));
  app.use(VueQueryPlugin, { queryClient: queries });
  const words = createWords(usePreferences().preferences.language);
  app.use(words);
  const signIn = app.runWithContext(() => useSignIn());
  await signIn.load();
  const router = createPageRouter();
  app.use(router);
  await router.isReady();
  app.mount('#app');
}
