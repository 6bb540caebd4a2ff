import { useQueryClient } from '@tanstack/vue-query';
import { defineStore } from 'pinia';
import { useLive } from './live.store.js';

/** What is shown is read again at most so often for what others did, in milliseconds. */
const REFRESH_EVERY_MS = 1_000;

/** Keeps what is shown up with what is recorded: one's own writes at once, those of others at a measured pace. */
export const useRefresh = defineStore('refresh', () => {
  const queries = useQueryClient();
  const live = useLive();
  /** The highest place in the log that the page has heard of; reads wait for it. */
  let position = 0;
  let waiting: ReturnType<typeof setTimeout> | null = null;
  let lastAt = 0;

  live.onChange((change) => {
    if (change !== null) position = Math.max(position, change.position);
    waiting ??= setTimeout(
      () => {
        waiting = null;
        void now();
      },
      Math.max(0, lastAt + REFRESH_EVERY_MS - Date.now()),
    );
  });

  /** The answer to a write: whatever is read after this holds it. */
  async function wrote(at: number): Promise<void> {
    position = Math.max(position, at);
    await now();
  }

  async function now(): Promise<void> {
    lastAt = Date.now();
    await queries.invalidateQueries({}, { cancelRefetch: true });
  }

  function atLeast(): number | null {
    return position === 0 ? null : position;
  }

  return { wrote, now, atLeast };
});
