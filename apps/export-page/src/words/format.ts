/** How amounts and times are written in a language, and in the time zone of the browser. */
export type Language = 'de' | 'en';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal units with at most one place: `3.0 MB`. */
export function bytesText(bytes: number, language: Language): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.95 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const places = unit === 0 ? 0 : 1;
  const text = new Intl.NumberFormat(language, { minimumFractionDigits: places, maximumFractionDigits: places });
  return `${text.format(amount)} ${UNITS[unit]}`;
}

/** A duration in its two largest units: `1 min 5 s`. */
export function durationText(seconds: number, language: Language): string {
  if (seconds < 1) return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(seconds)} s`;
  const whole = Math.round(seconds);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor((whole % 86_400) / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const dayUnit = language === 'de' ? 'Tg.' : 'd';
  const parts = [
    [days, dayUnit],
    [hours, 'h'],
    [minutes, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  const shown = parts.slice(Math.max(first, 0), Math.max(first, 0) + 2).filter(([amount]) => amount > 0);
  return shown.length === 0 ? '0 s' : shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}

/** Date and time to the minute. */
export function momentText(at: string | number, language: Language): string {
  return formatted(at, language, { dateStyle: 'medium', timeStyle: 'short' });
}

/** Date and time to the second, for a history. */
export function exactMomentText(at: string | number, language: Language): string {
  return formatted(at, language, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The time of day to the second. */
export function timeText(at: string | number, language: Language): string {
  return formatted(at, language, { timeStyle: 'medium' });
}

export function numberText(amount: number, language: Language): string {
  return new Intl.NumberFormat(language).format(amount);
}

function formatted(at: string | number, language: Language, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : new Intl.DateTimeFormat(language, options).format(date);
}
