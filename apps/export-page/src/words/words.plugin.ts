import { createI18n } from 'vue-i18n';
import { DE } from './messages.de.js';
import { EN } from './messages.en.js';

export const LANGUAGES = ['de', 'en'] as const;

/** The words of the page. German first: it is what its operators speak. */
export function createWords(language: (typeof LANGUAGES)[number]) {
  return createI18n({ legacy: false, locale: language, fallbackLocale: 'de', messages: { de: DE, en: EN } });
}
