import type { SendingWindow } from '@hub-export/contracts';

/** When a hub may be sent to, by the wall clock of a time zone. */
export interface WindowSchedule {
  /** None means: at any time. */
  readonly windows: readonly SendingWindow[];
  /** A name of the IANA time zone database, such as `UTC` or `Europe/Berlin`. */
  readonly timeZone: string;
}

/** How the windows stand at a moment. */
export interface WindowState {
  readonly open: boolean;
  /** When the next window opens, ISO 8601 in UTC; `null` while one is open, or where none opens within 15 days. */
  readonly opensAt: string | null;
}

const MINUTE_MS = 60_000;
const MINUTES_OF_DAY = 1440;
const MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY;
/** Clocks are put forward and back at quarters of an hour only, so within one the wall clock runs on evenly. */
const QUARTER = 15;
/** A window that falls into the hour that is left out in spring opens a week later. */
const SEARCHED_DAYS = 15;

/**
 * Whether a time window is open: from the minute `from`, up to and without the minute `to`, which lies on the next day
 * where it is at or before `from`. The wall clock decides: a window in the hour that comes twice in autumn is open
 * twice, and of the hour that is left out in spring only the rest of the window is seen.
 *
 * @param at ISO 8601
 * @throws {RangeError} where the moment or the time zone is none.
 */
export function windowAt({ windows, timeZone }: WindowSchedule, at: string): WindowState {
  if (windows.length === 0) return { open: true, opensAt: null };
  const now = Date.parse(at);
  const minuteOfWeek = wallClock(timeZone);
  if (isOpen(windows, minuteOfWeek(now))) return { open: true, opensAt: null };
  return { open: false, opensAt: nextOpening(windows, minuteOfWeek, now) };
}

function nextOpening(
  windows: readonly SendingWindow[],
  minuteOfWeek: (instant: number) => number,
  now: number,
): string | null {
  const quarterMs = QUARTER * MINUTE_MS;
  const begin = Math.floor(now / quarterMs) * quarterMs;
  const end = begin + SEARCHED_DAYS * MINUTES_OF_DAY * MINUTE_MS;
  for (let quarter = begin; quarter < end; quarter += quarterMs) {
    const first = minuteOfWeek(quarter);
    for (let minute = 0; minute < QUARTER; minute += 1) {
      const instant = quarter + minute * MINUTE_MS;
      if (instant > now && isOpen(windows, first + minute)) return new Date(instant).toISOString();
    }
  }
  return null;
}

function isOpen(windows: readonly SendingWindow[], minuteOfWeek: number): boolean {
  return windows.some(({ days, from, to }) => {
    const begin = minuteOf(from);
    const length = modulo(minuteOf(to) - begin - 1, MINUTES_OF_DAY) + 1;
    return days.some((day) => modulo(minuteOfWeek - weekMinute(day, begin), MINUTES_OF_WEEK) < length);
  });
}

/** The minute of the week that the wall clock shows, counted from Monday 00:00. */
function wallClock(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    const day = WEEKDAYS.indexOf(parts.get('weekday') ?? '') + 1;
    return weekMinute(day, Number(parts.get('hour')) * 60 + Number(parts.get('minute')));
  };
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** @param day 1 is Monday, 7 is Sunday (ISO 8601) */
function weekMinute(day: number, minuteOfDay: number): number {
  return (day - 1) * MINUTES_OF_DAY + minuteOfDay;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** Never negative, unlike `%`. */
function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
