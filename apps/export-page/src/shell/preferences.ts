import type { Language } from '../words/format.js';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What a person chose for this browser. */
export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  /** The hub that was looked at last. */
  readonly target: string | null;
}

/** What was kept, with what is missing or wrong filled in: German unless the browser speaks English alone. */
export function preferencesFrom(kept: string | null, browserLanguages: readonly string[]): Preferences {
  const { language, theme, target } = parsed(kept);
  return {
    language: language === 'de' || language === 'en' ? language : firstLanguage(browserLanguages),
    theme: THEMES.find((one) => one === theme) ?? 'auto',
    target: typeof target === 'string' ? target : null,
  };
}

function firstLanguage(browserLanguages: readonly string[]): Language {
  const known = browserLanguages.map((language) => language.slice(0, 2)).filter((language) => language.length === 2);
  return known[0] === 'en' && !known.includes('de') ? 'en' : 'de';
}

/** The theme that is shown, with what the system prefers. */
export function shownTheme(theme: Theme, systemIsDark: boolean): 'light' | 'dark' {
  return theme === 'auto' ? (systemIsDark ? 'dark' : 'light') : theme;
}

function parsed(kept: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(kept ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
