import { defineStore } from 'pinia';
import { ref } from 'vue';

const TICK_MS = 5_000;

/** The time as the page shows it: what counts down goes on in steps of five seconds. */
export const useClock = defineStore('clock', () => {
  const nowMs = ref(Date.now());
  setInterval(() => (nowMs.value = Date.now()), TICK_MS);
  return { nowMs };
});
