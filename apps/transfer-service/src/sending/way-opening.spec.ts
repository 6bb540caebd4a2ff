import type { Circuit } from '@hub-export/transfer-life';
import { openingOf } from './way-opening.js';

const CLOSED: Circuit = { status: 'closed', since: null, reopened: 0 };
const OPEN: Circuit = { status: 'open', since: '2026-11-02T08:00:00.000Z', code: 'hub_denies_access', reopened: 0 };

describe('a way to a hub', () => {
  it.each([
    ['open', { ready: true, windowOpen: true, circuit: CLOSED }],
    ['trial', { ready: true, windowOpen: true, circuit: OPEN }],
    ['questions', { ready: true, windowOpen: false, circuit: CLOSED }],
    ['closed', { ready: true, windowOpen: false, circuit: OPEN }],
    ['closed', { ready: false, windowOpen: true, circuit: CLOSED }],
    ['closed', { ready: false, windowOpen: false, circuit: CLOSED }],
    ['closed', { ready: false, windowOpen: true, circuit: OPEN }],
    ['closed', { ready: false, windowOpen: false, circuit: OPEN }],
  ] as const)('is %s where %j', (opening, way) => {
    expect(openingOf(way)).toBe(opening);
  });
});
