const BERLIN = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'longOffset',
});

/** A moment as the hub writes it: ISO 8601 with the offset of Europe/Berlin, e.g. `2026-11-01T11:00:00.250000+01:00`. */
export function hubTime(iso: string): string {
  const moment = new Date(iso);
  const parts = Object.fromEntries(BERLIN.formatToParts(moment).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second, timeZoneName = '' } = parts;
  const micros = `${String(moment.getUTCMilliseconds()).padStart(3, '0')}000`;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${micros}${timeZoneName.replace('GMT', '')}`;
}
