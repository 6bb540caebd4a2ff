import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { ApiProblem } from '../connection/problem.js';
import type { Actor } from '../site/site.js';
import { actorName } from '../site/site.js';
import { bytesText, durationText, exactMomentText, type Language, momentText, numberText, timeText } from './format.js';

/** Everything a component writes with, in the language of the moment. */
export function useWords() {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const te = (key: string): boolean => i18n.te(key);
  const language = computed(() => locale.value as Language);

  /** The words of a code, or what the server said, or the code itself: never nothing. */
  function codeText(
    code: string | null,
    fallback: string | null = null,
    groups: readonly string[] = CODE_GROUPS,
  ): string {
    if (code === null) return fallback ?? t('page.unknown');
    const group = groups.find((one) => te(`code.${one}.${code}`));
    return group === undefined ? (fallback ?? code) : t(`code.${group}.${code}`);
  }

  function problemText(problem: unknown): string {
    if (!(problem instanceof ApiProblem)) return t('code.refusal.internal_error');
    const { code, detail, correlationId } = problem;
    const text = codeText(code, t('error.other', { detail, code }));
    return correlationId === null ? text : `${text} ${t('error.correlation', { id: correlationId })}`;
  }

  function requirementText(code: string): string {
    return te(`code.requirement.${code}.failed`) ? t(`code.requirement.${code}.failed`) : codeText(code);
  }

  function actorText(actor: Actor | null): string {
    if (actor === null) return t('page.unknown');
    const reason = actor.kind === 'system' ? (actor.reason ?? '') : null;
    return reason !== null && te(`event.system.${reason}`) ? t(`event.system.${reason}`) : actorName(actor);
  }

  return {
    t,
    te,
    language,
    codeText,
    problemText,
    requirementText,
    actorText,
    bytes: (amount: number) => bytesText(amount, language.value),
    duration: (seconds: number) => durationText(seconds, language.value),
    moment: (at: string | number) => momentText(at, language.value),
    exactMoment: (at: string | number) => exactMomentText(at, language.value),
    time: (at: string | number) => timeText(at, language.value),
    number: (amount: number) => numberText(amount, language.value),
  };
}

const CODE_GROUPS = ['ineligible', 'refusal', 'failure', 'material'] as const;
