import { preferencesFrom, shownTheme } from './preferences.js';

describe('what a person prefers', () => {
  it('is German first, and English where the browser speaks it and no German', () => {
    const language = (...browser: string[]) => preferencesFrom(null, browser).language;
    expect([language(), language('de-AT'), language('fr', 'en'), language('en-US', 'de')]).toEqual([
      'de',
      'de',
      'de',
      'de',
    ]);
    expect(language('en-GB', 'en')).toBe('en');
  });

  it('is what was chosen before', () => {
    const kept = JSON.stringify({ language: 'en', theme: 'dark', target: 'hub' });
    expect(preferencesFrom(kept, ['de'])).toEqual({ language: 'en', theme: 'dark', target: 'hub' });
  });

  it.each(['{', 'null', '[]', '{"language":"fr","theme":"pink","target":7}'])(
    'is the default where %s was kept',
    (kept) => {
      expect(preferencesFrom(kept, ['de'])).toEqual({ language: 'de', theme: 'auto', target: null });
    },
  );

  it('follows the system unless a theme was chosen', () => {
    expect([shownTheme('auto', true), shownTheme('auto', false)]).toEqual(['dark', 'light']);
    expect([shownTheme('light', true), shownTheme('dark', false)]).toEqual(['light', 'dark']);
  });
});
