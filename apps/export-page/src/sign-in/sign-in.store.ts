import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { usePageConfig } from '../site/page-config.api.js';
import { endSession, readSession } from './session.api.js';
import { type Right, type SignedIn, signedInFrom } from './signed-in.js';

/** Who is signed in. The session is a cookie that no script can read; the origin tells whose it is. */
export const useSignIn = defineStore('sign-in', () => {
  const config = usePageConfig();
  const who = shallowRef<SignedIn | null>(null);
  /** The session ended while the page was open: say so where one signs in again. */
  const ended = ref(false);

  async function load(): Promise<void> {
    who.value = signedInFrom(await readSession());
  }

  async function signOut(): Promise<void> {
    location.assign(await endSession(config.sign_out_path));
  }

  /** A service answered that nobody is signed in. */
  function refused(): void {
    if (who.value === null) return;
    ended.value = true;
    who.value = null;
  }

  function may(right: Right): boolean {
    return who.value?.rights.has(right) ?? false;
  }

  return { who: computed(() => who.value), ended, load, signOut, refused, may };
});
