import { defineStore } from 'pinia';
import { ref } from 'vue';

/** What is said to those who do not see the page change. */
export const useAnnounce = defineStore('announce', () => {
  const text = ref('');

  function say(words: string): void {
    text.value = words;
  }

  return { text, say };
});
