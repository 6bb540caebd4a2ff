import { createHash, randomUUID } from 'node:crypto';
import { noEgressWithoutAuthority } from './hub-checks.js';
import { stateOf } from './log-checks.js';
import { seeded } from '../plan/random.js';
import { SimulatedSite } from '../simulation/life.worker.js';
import { evidenceOf, TROUBLED_STEPS } from '../simulation/simulation.worker.js';
import { type Evidence, lives } from './evidence.js';
import { INVARIANTS, violationsOf } from './invariants.js';

/** The evidence of a real life, in which nothing is wrong; each test makes one thing wrong. */
let sound: Evidence;

/** What a life must have met, so that there is something to spoil. */
const MET = ['OutcomeUnknown', 'TransferFailed', 'TransferCompleted'];
const SEEDS_MAX = 60;

async function eventfulLife(): Promise<Evidence> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const site = new SimulatedSite(seeded(seed));
    await site.live(TROUBLED_STEPS, 6_000);
    const seen = evidenceOf(site);
    const isEventful = MET.every((type) => seen.events.some((event) => event.type === type));
    if (isEventful && seen.events.some(isRetry) && sentOnAfterLoss(seen)) return seen;
  }
  throw new Error(`None of ${SEEDS_MAX} lives met ${MET.join(', ')}, a retry, and something sent after a lost answer.`);
}

function isRetry({ type, data }: Evidence['events'][number]): boolean {
  return type === 'TransferQueued' && data['reason'] === 'retry_policy';
}

/** Whether a sender sent something for a transfer after it had lost the answer to what it sent before. */
function sentOnAfterLoss({ requests }: Evidence): boolean {
  const sent = requests.filter(({ step }) => step !== 'status');
  return sent.some(({ transfer_key, node_key, outcome, status }, place) => {
    const isLost = outcome !== 'answered' || (status ?? 0) >= 500;
    const next = sent.slice(place + 1).find((later) => later.transfer_key === transfer_key);
    return isLost && next?.node_key === node_key;
  });
}

beforeAll(async () => {
  const seen = await eventfulLife();
  const states = new Map([...lives(seen.events)].map(([id, life]) => [id, stateOf(life) ?? '']));
  const place = ({ globalSeq, id }: Evidence['events'][number]) => ({ globalSeq, id });
  sound = {
    ...seen,
    bus: seen.events.map((event) => ({ sequence: event.globalSeq, ...place(event) })),
    views: { transfer: states, marking: states, audit: states },
    audit: { ...seen.audit, entries: seen.events.map(place), contiguousTo: seen.events.length },
  };
});

type Spoil = (evidence: Evidence) => Evidence;

const firstOf = (type: string, change: (data: Record<string, unknown>) => Record<string, unknown>): Spoil => {
  return (evidence) => {
    const place = evidence.events.findIndex((event) => event.type === type);
    expect(place).toBeGreaterThanOrEqual(0);
    const events = evidence.events.map((event, at) =>
      at === place ? { ...event, data: change(event.data) as typeof event.data } : event,
    );
    return { ...evidence, events };
  };
};
const withoutEvents = (type: string): Spoil => {
  return (evidence) => ({ ...evidence, events: evidence.events.filter((event) => event.type !== type) });
};

const OPENED_AT = '2026-01-01T08:00:00.000Z';
const EMPTY_REGISTRATION = createHash('sha256').update('{}').digest('hex');

/** A circuit that opened, and then one question to the hub. */
const withProbe = (change: Partial<Evidence['requests'][number]>, probes: Evidence['probes'] = []): Spoil => {
  return (e) => {
    const [event] = e.events;
    const [request] = e.requests;
    if (event === undefined || request === undefined) throw new Error('A life without events or requests.');
    const opened = { ...event, streamId: 'circuit-hub', type: 'HubCircuitOpened', recordedAt: OPENED_AT };
    const asked = { x_request_id: 'probe-1', transfer_key: `site-a__probe__${randomUUID()}`, step: 'status' } as const;
    const nothing = { content_length: null, body_bytes: 0, media_bytes: null, media_sha256: null, commit: null };
    const probe = { ...request, ...asked, ...nothing, begun_at: '2026-01-01T08:00:01.000Z', ...change };
    return { ...e, probes, events: [...e.events, opened], requests: [...e.requests, probe] };
  };
};
const EMPTY_CREATE = {
  step: 'create',
  transfer_key: null,
  content_length: 2,
  body_bytes: 2,
  body_sha256: EMPTY_REGISTRATION,
} as const;

const SPOILS: readonly (readonly [string, string, Spoil])[] = [
  [
    'I1',
    'a mark that was acknowledged and is not recorded',
    (e) => ({ ...e, orders: [{ type: 'mark', transferId: 'x', resourceHash: 'x', outcome: 'ok' }] }),
  ],
  [
    'I2',
    'a request of an attempt that was never begun',
    (e) => ({ ...e, requests: e.requests.map((r) => ({ ...r, x_request_id: 'unknown' })) }),
  ],
  ['I2', 'a question for a transfer nobody marked', withProbe({ x_request_id: 'x', transfer_key: 'site-a__video__x' })],
  [
    'I2',
    'a registration whose transfer is not told',
    withProbe({ ...EMPTY_CREATE, x_request_id: 'x', body_sha256: 'f'.repeat(64) }),
  ],
  ['I2', 'a probe before a circuit opened', withProbe({ begun_at: '2026-01-01T07:59:59.000Z' })],
  ['I2', 'a probe that holds something', withProbe({ ...EMPTY_CREATE, body_sha256: 'f'.repeat(64) })],
  ['I2', 'a probe with media', withProbe({ step: 'media', content_length: 9, body_bytes: 9 })],
  ['I2', 'a probe of a person that nobody ordered', withProbe({ x_request_id: randomUUID() })],
  [
    'I2',
    'probes that come too often',
    (e) => Array.from({ length: 4 }).reduce<Evidence>((seen) => withProbe({})(seen), e),
  ],
  [
    'I3',
    'a start on an old verdict',
    firstOf('RegistrationStarted', (data) => ({ ...data, eligibility: { eligible: true, resource_version: 99 } })),
  ],
  [
    'I4',
    'a transfer registered twice',
    (e) => ({
      ...e,
      journal: e.journal.flatMap((r): (typeof r)[] => (r.type === 'TransferRegistered' ? [r, r] : [r])),
    }),
  ],
  [
    'I5',
    'another key',
    firstOf('ResourceMarked', (data) => ({ ...data, transfer_key: 'site-a__report__x__processed_v1' })),
  ],
  ['I6', 'a way that is not allowed', withoutEvents('RegistrationAccepted')],
  ['I6', 'a view that is not the fold', (e) => ({ ...e, views: { ...e.views, audit: new Map() } })],
  [
    'I7',
    'completed, and the hub has nothing',
    (e) => ({ ...e, journal: e.journal.filter(({ type }) => type !== 'TransferChanged') }),
  ],
  [
    'I7',
    'completed, and the hub has other bytes',
    (e) => ({
      ...e,
      journal: e.journal.map((r) =>
        r.type === 'TransferChanged' ? { ...r, set: { ...r.set, media: { sha256: 'f'.repeat(64), size: 1 } } } : r,
      ),
    }),
  ],
  [
    'I8',
    'applied, and never found',
    (e) => ({
      ...withoutEvents('TransferCompleted')(e),
      expectations: e.expectations.map((one) => ({ ...one, end: 'completed' })),
    }),
  ],
  ['I9', 'media whose intent was never recorded', withoutEvents('UploadStarted')],
  [
    'I10',
    'other bytes taken',
    (e) => ({
      ...e,
      requests: e.requests.map((r) => (r.step === 'media' ? { ...r, media_sha256: 'f'.repeat(64) } : r)),
    }),
  ],
  [
    'I11',
    'another payload registered',
    (e) => ({
      ...e,
      requests: e.requests.map((r) => (r.step === 'create' ? { ...r, body_sha256: 'f'.repeat(64) } : r)),
    }),
  ],
  ['I12', 'a void token', firstOf('TransferCompleted', (data) => ({ ...data, lease_token: 0 }))],
  [
    'I13',
    'a retry of what is not tried again',
    (e) => ({
      ...e,
      events: e.events.map((event) =>
        event.type === 'TransferFailed' ? { ...event, data: { ...event.data, retryable: false } } : event,
      ),
    }),
  ],
  [
    'I14',
    'no question after a lost answer',
    (e) => ({ ...e, requests: e.requests.filter(({ step }) => step !== 'status') }),
  ],
  ['I15', 'a gap', withoutEvents('OutcomeUnknown')],
  ['I17', 'a bus with less than the log', (e) => ({ ...e, bus: e.bus.slice(1) })],
  [
    'I18',
    'an audit with an entry twice',
    (e) => ({ ...e, audit: { ...e.audit, entries: [...e.audit.entries, ...e.audit.entries.slice(-1)] } }),
  ],
  [
    'I18',
    'an audit that finds its record changed',
    (e) => ({ ...e, audit: { ...e.audit, findings: ['tile_mismatch at 256'] } }),
  ],
  ['I20', 'a service that ended by itself', (e) => ({ ...e, unorderedExits: ['transfer-service'] })],
  ['I22', 'an audit that does not know a transfer', (e) => e],
  [
    'I24',
    'a name in a log',
    (e) => ({
      ...e,
      told: [{ place: 'log', text: 'for Musterfrau' }],
      canaries: [{ name: 'name', text: 'Musterfrau' }],
    }),
  ],
  ['I25', 'a transfer that did not end', (e) => ({ ...withoutEvents('TransferCompleted')(e) })],
  [
    'I25',
    'a source file that was changed',
    (e) => ({ ...e, media: { before: new Map([['a', '1']]), after: new Map([['a', '2']]) } }),
  ],
  [
    'I25',
    'sealed media of a completed transfer',
    (e) => ({
      ...e,
      stagedFor: e.events.flatMap(({ type, streamId }) =>
        type === 'TransferCompleted' ? [streamId.slice('transfer-'.length)] : [],
      ),
    }),
  ],
  ['I25', 'a lease that is still held', (e) => ({ ...e, leasesHeld: ['transfer:x'] })],
];

describe('the checker', () => {
  it('finds nothing wrong with a sound life, but for what only whole processes have', () => {
    // Orders and audit answers are not simulated.
    const found = violationsOf(sound).filter(({ invariant }) => invariant !== 'I1' && invariant !== 'I22');
    expect(found).toEqual([]);
  });

  it('knows the probes of an open circuit, and those that a person orders', () => {
    const ordered = [{ from: OPENED_AT, to: '2026-01-01T08:00:02.000Z' }];
    for (const probe of [
      withProbe({}),
      withProbe(EMPTY_CREATE),
      withProbe({ x_request_id: randomUUID() }, ordered),
      withProbe({ ...EMPTY_CREATE, x_request_id: randomUUID() }, ordered),
    ]) {
      expect(noEgressWithoutAuthority(probe(sound))).toEqual([]);
    }
  });

  it.each(SPOILS)('%s: sees %s', (invariant, _what, spoil) => {
    expect(violationsOf(spoil(sound)).map((found) => found.invariant)).toContain(invariant);
  });

  it('has a test here for every check', () => {
    const tested = new Set(SPOILS.map(([invariant]) => invariant));
    for (const { name, check } of INVARIANTS) if (check !== null) expect(tested).toContain(name);
  });
});
