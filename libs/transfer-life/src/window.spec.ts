import fc from 'fast-check';
import { type WindowSchedule, windowAt } from './window.js';

const NIGHT = { days: [1, 2, 3, 4, 5], from: '20:00', to: '06:00' };
const OFFICE = { days: [1, 2, 3, 4, 5], from: '08:00', to: '17:30' };

function utc(...windows: WindowSchedule['windows']): WindowSchedule {
  return { windows, timeZone: 'UTC' };
}

function berlin(...windows: WindowSchedule['windows']): WindowSchedule {
  return { windows, timeZone: 'Europe/Berlin' };
}

const OPEN = { open: true, opensAt: null };

function opensAt(instant: string | null) {
  return { open: false, opensAt: instant };
}

// 2026-11-02 is a Monday.
describe('a time window', () => {
  it('is always open where there is none', () => {
    expect(windowAt(utc(), '2026-11-02T03:00:00Z')).toEqual(OPEN);
  });

  it('is open from its first minute up to, and without, its last', () => {
    expect(windowAt(utc(OFFICE), '2026-11-02T07:59:59.999Z')).toEqual(opensAt('2026-11-02T08:00:00.000Z'));
    expect(windowAt(utc(OFFICE), '2026-11-02T08:00:00Z')).toEqual(OPEN);
    expect(windowAt(utc(OFFICE), '2026-11-02T17:29:59.999Z')).toEqual(OPEN);
    expect(windowAt(utc(OFFICE), '2026-11-02T17:30:00Z')).toEqual(opensAt('2026-11-03T08:00:00.000Z'));
  });

  it('is closed on the days it does not name, and says when the next one comes', () => {
    expect(windowAt(utc(OFFICE), '2026-11-07T12:00:00Z')).toEqual(opensAt('2026-11-09T08:00:00.000Z'));
    const sundays = { days: [7], from: '10:00', to: '11:00' };
    expect(windowAt(utc(sundays), '2026-11-01T11:00:00Z')).toEqual(opensAt('2026-11-08T10:00:00.000Z'));
    expect(windowAt(utc(sundays), '2026-11-08T10:30:00Z')).toEqual(OPEN);
  });

  it('may cross midnight, and belongs to the day on which it begins', () => {
    expect(windowAt(utc(NIGHT), '2026-11-02T03:00:00Z')).toEqual(opensAt('2026-11-02T20:00:00.000Z'));
    expect(windowAt(utc(NIGHT), '2026-11-02T23:59:00Z')).toEqual(OPEN);
    expect(windowAt(utc(NIGHT), '2026-11-03T05:59:00Z')).toEqual(OPEN);
    expect(windowAt(utc(NIGHT), '2026-11-07T05:59:00Z')).toEqual(OPEN);
    expect(windowAt(utc(NIGHT), '2026-11-07T06:00:00Z')).toEqual(opensAt('2026-11-09T20:00:00.000Z'));
  });

  it('may cross from Sunday into Monday', () => {
    const weekend = { days: [7], from: '22:00', to: '02:00' };
    expect(windowAt(utc(weekend), '2026-11-02T01:59:00Z')).toEqual(OPEN);
    expect(windowAt(utc(weekend), '2026-11-02T02:00:00Z')).toEqual(opensAt('2026-11-08T22:00:00.000Z'));
  });

  it('that ends when it begins lasts a whole day', () => {
    const mondays = { days: [1], from: '06:00', to: '06:00' };
    expect(windowAt(utc(mondays), '2026-11-02T06:00:00Z')).toEqual(OPEN);
    expect(windowAt(utc(mondays), '2026-11-03T05:59:00Z')).toEqual(OPEN);
    expect(windowAt(utc(mondays), '2026-11-03T06:00:00Z')).toEqual(opensAt('2026-11-09T06:00:00.000Z'));
  });

  it('is one of several: the first to open counts', () => {
    const both = utc({ days: [3], from: '01:00', to: '02:00' }, { days: [2], from: '12:10', to: '12:20' });
    expect(windowAt(both, '2026-11-02T12:00:00Z')).toEqual(opensAt('2026-11-03T12:10:00.000Z'));
    expect(windowAt(both, '2026-11-04T01:30:00Z')).toEqual(OPEN);
  });

  it('that has just closed does not open in the past', () => {
    const brief = { days: [1, 2], from: '12:00', to: '12:05' };
    expect(windowAt(utc(brief), '2026-11-02T12:07:00Z')).toEqual(opensAt('2026-11-03T12:00:00.000Z'));
  });

  it('goes by the wall clock of its time zone', () => {
    expect(windowAt(berlin(OFFICE), '2026-11-02T07:00:00Z')).toEqual(OPEN);
    expect(windowAt(berlin(OFFICE), '2026-11-02T16:30:00Z')).toEqual(opensAt('2026-11-03T07:00:00.000Z'));
    const kathmandu = { windows: [OFFICE], timeZone: 'Asia/Kathmandu' };
    expect(windowAt(kathmandu, '2026-11-02T02:14:59Z')).toEqual(opensAt('2026-11-02T02:15:00.000Z'));
  });

  it('takes no moment and no time zone that is none', () => {
    expect(() => windowAt(utc(OFFICE), 'soon')).toThrow(RangeError);
    expect(() => windowAt({ windows: [OFFICE], timeZone: 'Nowhere/Else' }, '2026-11-02T08:00:00Z')).toThrow(RangeError);
  });
});

// In Berlin 02:00 to 03:00 is left out on Sunday 2026-03-29 (at 01:00 UTC) and comes twice on Sunday 2026-10-25.
describe('when the clocks change', () => {
  it('a window keeps its hours on the wall, before and after', () => {
    const sunday = { days: [6, 7], from: '12:00', to: '13:00' };
    expect(windowAt(berlin(sunday), '2026-03-28T10:00:00Z')).toEqual(opensAt('2026-03-28T11:00:00.000Z'));
    expect(windowAt(berlin(sunday), '2026-03-28T12:00:00Z')).toEqual(opensAt('2026-03-29T10:00:00.000Z'));
    expect(windowAt(berlin(sunday), '2026-10-24T11:00:00Z')).toEqual(opensAt('2026-10-25T11:00:00.000Z'));
  });

  it('a window that begins in the hour left out opens at its end', () => {
    const early = { days: [7], from: '02:30', to: '04:00' };
    expect(windowAt(berlin(early), '2026-03-29T00:59:59Z')).toEqual(opensAt('2026-03-29T01:00:00.000Z'));
    expect(windowAt(berlin(early), '2026-03-29T01:00:00Z')).toEqual(OPEN);
    expect(windowAt(berlin(early), '2026-03-29T02:00:00Z')).toMatchObject({ open: false });
  });

  it('a window that lies in the hour left out opens a week later', () => {
    const lost = { days: [7], from: '02:15', to: '02:45' };
    expect(windowAt(berlin(lost), '2026-03-22T12:00:00Z')).toEqual(opensAt('2026-04-05T00:15:00.000Z'));
  });

  it('a window in the hour that comes twice is open twice', () => {
    const twice = { days: [7], from: '02:15', to: '02:45' };
    expect(windowAt(berlin(twice), '2026-10-25T00:20:00Z')).toEqual(OPEN);
    expect(windowAt(berlin(twice), '2026-10-25T00:50:00Z')).toEqual(opensAt('2026-10-25T01:15:00.000Z'));
    expect(windowAt(berlin(twice), '2026-10-25T01:20:00Z')).toEqual(OPEN);
    expect(windowAt(berlin(twice), '2026-10-25T01:45:00Z')).toMatchObject({ open: false });
  });
});

describe('the law of windows', () => {
  const two = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
  const time = fc.tuple(two(23), two(59)).map((parts) => parts.join(':'));
  const windows = fc.array(
    fc.record({ days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }), from: time, to: time }),
    { minLength: 1, maxLength: 3 },
  );
  const timeZone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe');
  const moment = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') });

  it('it is closed until `opensAt`, and open then', () => {
    fc.assert(
      fc.property(windows, timeZone, moment, fc.double({ min: 0, max: 1, noNaN: true }), (list, zone, at, share) => {
        const schedule = { windows: list, timeZone: zone };
        const state = windowAt(schedule, new Date(at).toISOString());
        expect(state.open).toBe(state.opensAt === null);
        if (state.opensAt === null) return;
        const opening = Date.parse(state.opensAt);
        const between = Math.min(opening - 1, Math.floor(at + (opening - at) * share));
        expect(windowAt(schedule, new Date(between).toISOString())).toEqual(state);
        expect(windowAt(schedule, state.opensAt).open).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
