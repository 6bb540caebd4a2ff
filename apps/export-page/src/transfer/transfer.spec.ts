import { TRANSFER_EVENTS, TRANSFER_STATES, type TransferStatus } from '@hub-export/contracts';
import { ALLOWED_TRANSITIONS } from '@hub-export/transfer-life';
import { appliesTo } from '../overview/acts.js';
import { nextStepOf } from '../overview/next-step.js';
import { withTransfer } from '../overview/resource.testing.js';
import { COMPLETE } from '../words/code-words.testing.js';
import { PICTURE, STATE_PLACES, TRANSITION_LINES, visitedStates } from './state-machine.js';
import { timelineOf } from './timeline.js';
import { asTold, type HistoryEvent, type TransferDetail } from './transfer.js';

const BY = { kind: 'user', subject: 'alice', name: 'Alice' } as const;

/** A history, one fact a second. */
function history(...facts: readonly (Partial<HistoryEvent> & { readonly type: string })[]): readonly HistoryEvent[] {
  return facts.map((fact, index) => ({
    position: index + 1,
    at: new Date(Date.UTC(2026, 10, 1, 10, 0, index)).toISOString(),
    by: BY,
    ...fact,
  }));
}

describe('the picture of the states', () => {
  it('draws the twelve allowed transitions of the specification, no more and no less', () => {
    const drawn = TRANSITION_LINES.map(({ from, to }) => `${from} -> ${to}`);
    expect(drawn.sort()).toEqual(ALLOWED_TRANSITIONS.map(([from, to]) => `${from} -> ${to}`).sort());
  });

  it('has every state once, inside its frame and apart from the others', () => {
    expect(STATE_PLACES.map(({ status }) => status).sort()).toEqual([...TRANSFER_STATES].sort());
    const { width, height, boxWidth, boxHeight } = PICTURE;
    for (const [index, { x, y }] of STATE_PLACES.entries()) {
      expect([x - boxWidth / 2 >= 0, x + boxWidth / 2 <= width, y + boxHeight / 2 <= height]).toEqual([
        true,
        true,
        true,
      ]);
      for (const other of STATE_PLACES.slice(index + 1)) {
        expect(Math.abs(x - other.x) > boxWidth || Math.abs(y - other.y) > boxHeight).toBe(true);
      }
    }
  });

  it('leaves room at both sides of every label, its tick included, in every language', () => {
    // No letter of these words is wider on average than 7 px at the picture's 12.5 px; 10 px stay free at each side.
    const widest = Math.max(
      ...COMPLETE.flatMap(({ status }) => TRANSFER_STATES.map((state) => `✓ ${status[state]}`.length)),
    );
    expect(widest * 7 + 20).toBeLessThanOrEqual(PICTURE.boxWidth);
  });

  it('draws each arrow from the edge of one box to the edge of the other', () => {
    for (const { from, to, path } of TRANSITION_LINES) {
      const numbers = path.match(/\d+/g)?.map(Number) ?? [];
      const [x = 0, y = 0] = numbers;
      const last = numbers.at(-1) ?? 0;
      const [endX, endY] = /H\d+$/.test(path)
        ? [last, y]
        : /V\d+$/.test(path)
          ? [x, last]
          : [numbers.at(-2) ?? 0, last];
      expect([from, distanceToEdge(from, x, y)]).toEqual([from, 0]);
      expect(distanceToEdge(to, endX, endY)).toBeLessThanOrEqual(4);
    }
  });

  it('ticks the states that the transfer has been in', () => {
    const life = history({ type: 'ResourceMarked' }, { type: 'TransferQueued' }, { type: 'TransferHeld' });
    expect([...visitedStates(life)]).toEqual(['not_marked', 'marked', 'queued']);
    expect([...visitedStates([])]).toEqual(['not_marked']);
  });
});

/** How far a point is from the box of a state; 0 on its edge, more than any limit inside. */
function distanceToEdge(status: TransferStatus, x: number, y: number): number {
  const place = STATE_PLACES.find((one) => one.status === status) ?? { x: 0, y: 0 };
  const [beyondX, beyondY] = [
    Math.abs(x - place.x) - PICTURE.boxWidth / 2,
    Math.abs(y - place.y) - PICTURE.boxHeight / 2,
  ];
  const beyond = Math.max(beyondX, beyondY);
  return beyond < 0 ? Infinity : beyond;
}

describe('the timeline', () => {
  it('puts the facts of one attempt together, with their durations', () => {
    const sections = timelineOf(
      history(
        { type: 'ResourceMarked' },
        { type: 'TransferQueued', reason: 'operator' },
        { type: 'RegistrationStarted', attempt: 1 },
        { type: 'RegistrationAccepted', attempt: 1, hub_status: 'awaiting_media' },
        { type: 'UploadStarted', attempt: 1, media_size: 12 },
        { type: 'TransferFailed', attempt: 1, code: 'connection_lost', failure_class: 'transient', stage: 'upload' },
        { type: 'TransferQueued', reason: 'retry_policy' },
        { type: 'RegistrationStarted', attempt: 2 },
        { type: 'TransferCompleted', attempt: 2 },
      ),
    );
    expect(sections.map(({ attempt, tookMs, tone, entries }) => [attempt, tookMs, tone, entries.length])).toEqual([
      [null, null, 'info', 2],
      [1, 3_000, 'danger', 4],
      [null, null, 'info', 1],
      [2, 1_000, 'success', 2],
    ]);
    expect(sections[1]?.entries.map(({ tookMs }) => tookMs)).toEqual([null, 1_000, 1_000, 1_000]);
  });

  it('tells of a failure what, where, of which class, and what comes next', () => {
    const [section] = timelineOf(
      history({
        type: 'TransferFailed',
        attempt: 1,
        code: 'hub_unavailable',
        failure_class: 'transient',
        stage: 'registration',
        http_status: 503,
        bytes_sent: 5,
        not_before: '2026-11-01T10:01:00Z',
        retries_exhausted: true,
      }),
    );
    expect(section?.entries[0]?.remarks.map(({ key }) => key)).toEqual([
      'code',
      'event.stage.registration',
      'failureClass',
      'event.http',
      'event.bytes',
      'event.notBefore',
      'event.exhausted',
    ]);
  });

  it('tells what the hub said when it acknowledged', () => {
    const acknowledgement = { hub_transfer_id: 'h', transfer_status: 'applied', processing_decision: 'd' };
    const [section] = timelineOf(history({ type: 'TransferCompleted', attempt: 1, acknowledgement, bytes_sent: 0 }));
    expect(section?.entries[0]?.remarks).toEqual([
      { key: 'event.hubSaid', values: { status: 'applied' } },
      { key: 'event.verified', values: {} },
    ]);
  });

  it('has an entry for every fact there is', () => {
    const facts = Object.keys(TRANSFER_EVENTS).map((type) => ({ type }));
    expect(timelineOf(history(...facts)).flatMap(({ entries }) => entries)).toHaveLength(facts.length);
  });
});

describe('a resource beside the history of its transfer', () => {
  const HERE = { ready: true, egressOpen: true, autoQueueSeconds: null, nowMs: 0 };
  const told = (changes: Partial<TransferDetail>): TransferDetail => ({
    transfer_id: '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    transfer_key: 'site-a__video__a__processed_v1',
    target_node_key: 'hub',
    status: 'failed',
    since: '2026-11-01T10:00:05.000Z',
    queued_at: '2026-11-01T10:00:01.000Z',
    attempts: 1,
    held: [],
    failure_code: 'http_400',
    failure_class: 'rejected',
    retryable: false,
    not_before: null,
    hub_transfer_id: null,
    completed_at: null,
    content_changed: false,
    gates: [],
    history: [],
    ...changes,
  });

  it('stands as its transfer tells, however far the list is behind', () => {
    const listed = withTransfer('registering', { attempts: 1 });
    const failed = asTold(listed, told({}));
    expect(nextStepOf(failed, HERE)).toEqual({ step: 'retry', failure: 'http_400', failureClass: 'rejected' });
    expect(appliesTo('retry', failed)).toBe(true);
    expect(nextStepOf(asTold(listed, told({ status: 'completed' })), HERE)).toEqual({ step: 'completed' });
    expect(nextStepOf(asTold(listed, told({ status: 'queued', held: ['operator'] })), HERE)).toEqual({ step: 'held' });
    expect(asTold(listed, told({ status: 'not_marked' })).transfer).toBeNull();
  });

  it('is as it is listed until its transfer is known', () => {
    const listed = withTransfer('registering');
    expect(asTold(listed, undefined)).toBe(listed);
  });
});
