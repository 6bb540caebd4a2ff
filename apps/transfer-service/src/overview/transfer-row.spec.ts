import fc from 'fast-check';
import type { TransferEvent } from '@hub-export/contracts';
import type { Transfer, TransferCommand } from '@hub-export/transfer-life';
import { AT, HUB_TRANSFER_ID, intentOf, live, MEDIA_SHA256, order } from '../testing/transfers.testing.js';
import { evolveRow, type TransferRow } from './transfer-row.js';

const { accept, complete, fail, hold, hubAnswer, mark, outcomeUnknown, queue, register, release, unmark, upload } =
  order;

const attempt = fc.integer({ min: 1, max: 4 });
const failureClass = fc.constantFrom(
  'transient',
  'configuration',
  'authorization',
  'integrity',
  'ineligible',
  'worker_lost' as const,
);
const command: fc.Arbitrary<TransferCommand> = fc.oneof(
  fc.constantFrom(mark(), unmark(), register(), hold(), release(), hold('ineligible'), release('ineligible')),
  fc.constantFrom('operator', 'auto_queue', 'retry_policy', 'eligible_again' as const).map(queue),
  attempt.map(accept),
  attempt.map(upload),
  attempt.map(complete),
  attempt.map(outcomeUnknown),
  fc.tuple(attempt, failureClass).map(([n, failure]) => fail(n, failure)),
  fc.tuple(attempt, fc.constantFrom('found', 'not_found' as const)).map(([n, answer]) => hubAnswer(n, answer)),
);
/** Most random commands are refused, so lives begin somewhere on the way. */
const WAYS = [
  [],
  [mark(), queue(), register(), accept(), upload()],
  [mark(), queue(), register(), fail(), queue('retry_policy'), register()],
  [mark(), queue(), hold(), hold('ineligible')],
];
const commands = fc
  .tuple(fc.constantFrom(...WAYS), fc.array(command, { maxLength: 60 }))
  .map(([way, more]) => [...way, ...more]);

describe('the row of a transfer', () => {
  it('says what the rules say, whatever happened', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(commands, (asked) => {
        const { state, events } = live(asked);
        const row = rowAfter(events);
        seen.add(state.status);
        expect(told(row)).toEqual(expected(state));
      }),
      { numRuns: 3_000, seed: 11 },
    );
    expect([...seen].sort()).toEqual(
      ['not_marked', 'marked', 'queued', 'registering', 'awaiting_media', 'uploading', 'completed', 'failed'].sort(),
    );
  });

  it('stands at the position of its last event', () => {
    fc.assert(
      fc.property(commands, (asked) => {
        const { events } = live(asked);
        expect(rowAfter(events)?.position ?? 0).toBe(events.length);
      }),
    );
  });

  it('says who marked it and when, until the mark is taken back', () => {
    expect(rowAfter(live([mark()]).events)).toMatchObject({ ...keys(), marked_at: AT, marked_by: 'user:operator-1' });
    expect(rowAfter(live([mark(), unmark()]).events)).toMatchObject({ marked_at: null, marked_by: null });
    expect(rowAfter(live([mark(), unmark(), mark()]).events)).toMatchObject({ status: 'marked', marked_at: AT });
  });

  it('says what is frozen, and what the hub calls it', () => {
    const row = rowAfter(live([mark(), queue(), register(), accept()]).events);
    expect(row).toMatchObject({ media_sha256: MEDIA_SHA256, media_size: 4096, hub_transfer_id: HUB_TRANSFER_ID });
  });

  it('keeps the last failure after a new start, and does not call it exhausted any more', () => {
    const exhausted = { ...failedEvent(), retryable: false, retries_exhausted: true, not_before: null };
    const failed = rowAfter([...live([mark(), queue(), register()]).events, exhausted]);
    expect(failed).toMatchObject({ status: 'failed', retries_exhausted: true, failure_code: 'connection_refused' });
    const again = evolveRow(failed, live([mark(), queue()]).events[1] as TransferEvent, { globalSeq: 9 });
    expect(again).toMatchObject({ status: 'queued', retries_exhausted: false, failure_code: 'connection_refused' });
  });

  it('is none before the first mark', () => {
    expect(evolveRow(null, failedEvent(), { globalSeq: 1 })).toBeNull();
  });
});

function rowAfter(events: readonly TransferEvent[]): TransferRow | null {
  return events.reduce<TransferRow | null>(
    (row, event, index) => evolveRow(row, event, { globalSeq: index + 1 }),
    null,
  );
}

function told(row: TransferRow | null) {
  if (row === null) return { status: 'not_marked' };
  const { status, attempts, held, not_before, retryable } = row;
  if (status === 'not_marked' || status === 'marked') return { status };
  return { status, attempts, held, ...(status === 'failed' && { not_before, retryable }) };
}

function expected(state: Transfer) {
  const { status } = state;
  if (!('progress' in state)) return { status };
  const { attempts, held } = state.progress;
  const { not_before, retryable } = state.status === 'failed' ? state.failure : { not_before: null, retryable: false };
  return { status, attempts, held, ...(status === 'failed' && { not_before, retryable }) };
}

function keys() {
  const { local_cleanup_policy: _policy, ...named } = intentOf();
  return named;
}

function failedEvent(): Extract<TransferEvent, { type: 'TransferFailed' }> {
  const failed = live([mark(), queue(), register(), fail()]).events.at(-1);
  if (failed?.type !== 'TransferFailed') throw new Error('It should have failed.');
  return failed;
}
