import { computed, type Ref } from 'vue';
import { useAnnounce } from '../shell/announce.store.js';
import { useConfirm } from '../shell/confirm.store.js';
import { useCircumstances } from '../site/circumstances.composable.js';
import { useNodes } from '../site/site.api.js';
import { useSignIn } from '../sign-in/sign-in.store.js';
import { useWords } from '../words/words.composable.js';
import { type Act, hindranceOf, leavesTheHouse, resultsBy, RIGHT_OF_ACTS, waitsForEgress } from './acts.js';
import { useActs } from './acts.store.js';
import type { ResourceItem } from './resource.js';

/** Doing something to resources, with the question that comes before it where bytes leave the house. */
export function useActing(target: Ref<string | null>) {
  const { t, bytes, requirementText } = useWords();
  const acts = useActs();
  const confirm = useConfirm();
  const announce = useAnnounce();
  const signIn = useSignIn();
  const { data: nodes } = useNodes();
  const { readiness, egress } = useCircumstances(target);
  const mayAct = computed(() => signIn.may(RIGHT_OF_ACTS));

  /** Why it cannot be done now, as a sentence; null where it can. */
  function hindrance(act: Act): string | null {
    const code = hindranceOf(act, readiness.value);
    return code === null ? null : t('act.hindered', { reason: requirementText(code) });
  }

  async function run(act: Act, items: readonly ResourceItem[]): Promise<void> {
    if (leavesTheHouse(act) && !(await isConfirmed(act, items))) return;
    await acts.perform(act, items, target.value);
    if (acts.done === null) return;
    const refused = resultsBy('refused', acts.done).length;
    announce.say(
      [
        t(`result.${act}`, resultsBy('done', acts.done).length),
        ...(refused === 0 ? [] : [t('result.refused', refused)]),
      ].join(' '),
    );
  }

  function isConfirmed(act: Act, items: readonly ResourceItem[]): Promise<boolean> {
    const name = act === 'retry' ? 'retry' : 'queue';
    const size = items.reduce((sum, { processed_media }) => sum + (processed_media.size ?? 0), 0);
    const hub = nodes.value?.find(({ node_key }) => node_key === target.value)?.display_name ?? target.value ?? '';
    return confirm.ask({
      title: t(`confirm.${name}`, items.length),
      texts: [
        t(`confirm.${name}Text`, { hub, size: bytes(size) }),
        ...(waitsForEgress(egress.value) ? [t('confirm.egressStopped')] : []),
      ],
      confirm: t(`act.${act}`),
      tone: 'primary',
    });
  }

  return { mayAct, hindrance, run, running: computed(() => acts.running) };
}
