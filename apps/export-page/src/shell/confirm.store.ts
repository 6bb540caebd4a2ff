import { defineStore } from 'pinia';
import { shallowRef } from 'vue';

/** What a person is asked before something leaves the house, or is kept in it. */
export interface Question {
  readonly title: string;
  readonly texts: readonly string[];
  readonly confirm: string;
  readonly tone: 'primary' | 'danger';
}

interface Asked extends Question {
  readonly answer: (confirmed: boolean) => void;
}

export const useConfirm = defineStore('confirm', () => {
  const asked = shallowRef<Asked | null>(null);

  /** A question that another one replaces counts as declined. */
  function ask(question: Question): Promise<boolean> {
    asked.value?.answer(false);
    return new Promise((resolve) => {
      asked.value = {
        ...question,
        answer: (confirmed) => {
          asked.value = null;
          resolve(confirmed);
        },
      };
    });
  }

  return { asked, ask };
});
