import { inject, type InjectionKey } from 'vue';
import type { PageConfig } from './page-config.js';

/** @throws Error where the origin does not answer with a configuration. */
export async function readPageConfig(): Promise<PageConfig> {
  const answer = await fetch('/page-config.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`The configuration of the page cannot be read: HTTP ${answer.status}.`);
  return (await answer.json()) as PageConfig;
}

export const PAGE_CONFIG: InjectionKey<PageConfig> = Symbol('PageConfig');

export function usePageConfig(): PageConfig {
  const config = inject(PAGE_CONFIG);
  if (config === undefined) throw new Error('main.ts provides the configuration.');
  return config;
}
