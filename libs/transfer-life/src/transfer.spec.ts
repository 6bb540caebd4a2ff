import { fold, given, Refusal } from '@hub-export/event-sourcing';
import {
  ACCEPT,
  ACKNOWLEDGEMENT,
  ANSWER,
  AT,
  COMPLETE,
  completed,
  FAIL,
  failed,
  FROZEN,
  held,
  HOLD,
  hubAsked,
  INELIGIBLE,
  INTENT,
  LATER,
  LIVES,
  MARK,
  marked,
  outcomeUnknown,
  QUEUE,
  queued,
  registrationAccepted,
  registrationStarted,
  RELEASE,
  released,
  START_REGISTRATION,
  START_UPLOAD,
  UNKNOWN,
  UNMARK,
  unmarked,
  uploadStarted,
} from './testing/lives.js';
import { type Transfer, type TransferCommand, transferDecider, WORKER_LOST } from './transfer.js';

const transfer = transferDecider;
const retained = { type: 'LocalMediaRetained', at: AT, by: { kind: 'system', reason: 'sender' } } as const;

describe('marking', () => {
  it('records who marked what for which hub', () => {
    given(transfer).when(MARK).then(marked);
  });

  it('is refused while the resource is ineligible, with the reason', () => {
    given(transfer)
      .when({ ...MARK, eligibility: INELIGIBLE })
      .thenRefused('not_anonymized');
  });

  it('resolves to the existing transfer once there is one, even after completion', () => {
    given(transfer, marked).when(MARK).thenNothing();
    given(transfer, ...LIVES.completed)
      .when(MARK)
      .thenNothing();
  });

  it('can be taken back before queueing, also while ineligible, and made anew', () => {
    given(transfer, marked).when(UNMARK).then(unmarked);
    given(transfer, marked, unmarked).when(UNMARK).thenNothing();
    given(transfer, marked, unmarked).when(MARK).then(marked);
  });

  it('cannot be taken back once it is queued', () => {
    given(transfer, ...LIVES.queued)
      .when(UNMARK)
      .thenRefused('already_queued');
  });
});

describe('queueing', () => {
  it('freezes what is sent', () => {
    given(transfer, marked)
      .when(QUEUE())
      .then({ ...queued(), at: QUEUE().at });
  });

  it('is refused without a mark, and while the resource is ineligible', () => {
    given(transfer).when(QUEUE()).thenRefused('not_marked');
    given(transfer, marked)
      .when(QUEUE('operator', { eligibility: INELIGIBLE }))
      .thenRefused('not_anonymized');
    given(transfer, ...LIVES.failed)
      .when(QUEUE('operator', { eligibility: INELIGIBLE }))
      .thenRefused('not_anonymized');
  });

  it('is an explicit act: nothing is tried again that was never queued', () => {
    given(transfer, marked).when(QUEUE('retry_policy')).thenRefused('not_retryable');
    given(transfer, marked).when(QUEUE('eligible_again')).thenRefused('not_retryable');
    given(transfer, marked)
      .when(QUEUE('auto_queue'))
      .then({ ...queued('auto_queue'), at: QUEUE().at });
  });

  it('keeps the priority that was given last, over retries that say none', () => {
    const urgent = { ...queued(), priority: 7 };
    given(transfer, marked)
      .when(QUEUE('operator', { priority: 7 }))
      .then({ ...urgent, at: QUEUE().at });
    const life = [marked, urgent, registrationStarted(), failed(), queued('retry_policy')];
    expect(fold(transfer, life)).toMatchObject({ progress: { priority: 7 } });
    expect(fold(transfer, [...life, { ...queued(), priority: 0 }])).toMatchObject({ progress: { priority: 0 } });
    expect(fold(transfer, [marked, queued()])).toMatchObject({ progress: { priority: 0 } });
  });

  it('refuses another priority for what is queued, rather than calling it unchanged', () => {
    const life = [marked, { ...queued(), priority: 7 }];
    given(transfer, ...life)
      .when(QUEUE('operator', { priority: 8 }))
      .thenRefused('already_queued');
    given(transfer, ...life)
      .when(QUEUE('operator', { priority: 7 }))
      .thenNothing();
    given(transfer, ...life)
      .when(QUEUE())
      .thenNothing();
  });

  it('by itself takes the first step only: auto-queue never retries', () => {
    given(transfer, ...LIVES.failed)
      .when(QUEUE('auto_queue'))
      .thenRefused('not_retryable');
  });

  it('by itself stops at the limit of attempts', () => {
    const exhausted = failed(5, 'transient', { retryable: false, retries_exhausted: true, not_before: null });
    given(transfer, marked, queued(), registrationStarted(5), exhausted)
      .when(QUEUE('retry_policy'))
      .thenRefused('not_retryable');
  });

  it('by itself needs the same media as before, though the hub holds nothing yet', () => {
    given(transfer, ...LIVES.failed)
      .when(QUEUE('retry_policy', { frozen: { ...FROZEN, media_sha256: '9'.repeat(64) } }))
      .thenRefused('content_changed');
  });

  it('happens by itself after a transient failure, not before its time', () => {
    given(transfer, ...LIVES.failed)
      .when(QUEUE('retry_policy'))
      .then({ ...queued('retry_policy'), at: QUEUE().at });
    given(transfer, ...LIVES.failed)
      .when(QUEUE('retry_policy', { at: AT }))
      .thenRefused('too_early');
  });

  it('never happens by itself where the class of the failure forbids it', () => {
    for (const failureClass of ['configuration', 'authorization', 'integrity'] as const) {
      const life = [marked, queued(), registrationStarted(), failed(1, failureClass)];
      given(transfer, ...life)
        .when(QUEUE('retry_policy'))
        .thenRefused('not_retryable');
      given(transfer, ...life)
        .when(QUEUE('operator'))
        .then({ ...queued(), at: QUEUE().at });
    }
  });

  it('waits for the site, not for time, after ineligibility', () => {
    const life = [marked, queued(), registrationStarted(), failed(1, 'ineligible')];
    given(transfer, ...life)
      .when(QUEUE('retry_policy'))
      .thenRefused('not_retryable');
    given(transfer, ...life)
      .when(QUEUE('eligible_again'))
      .then({ ...queued('eligible_again'), at: QUEUE().at });
  });

  it('sends the same bytes on every retry once the hub may hold them', () => {
    const rebuilt = { ...FROZEN, payload_digest: 'f'.repeat(64) };
    const bound = [marked, queued(), registrationStarted(), outcomeUnknown(), failed()];
    given(transfer, ...bound)
      .when(QUEUE('operator', { frozen: rebuilt }))
      .then({ ...queued(), at: QUEUE().at });
  });

  it('may build the payload anew when a person asks and the hub holds nothing', () => {
    const rebuilt = { ...FROZEN, payload_digest: 'f'.repeat(64) };
    const refused = [marked, queued(), registrationStarted(), failed(1, 'configuration', { http_status: 400 })];
    given(transfer, ...refused)
      .when(QUEUE('operator', { frozen: rebuilt }))
      .then({ ...queued('operator', rebuilt), at: QUEUE().at });
    given(transfer, ...LIVES.failed)
      .when(QUEUE('retry_policy', { frozen: rebuilt }))
      .then({ ...queued('retry_policy'), at: QUEUE().at });
  });

  it('does not silently resend when the processed media changed since it was frozen', () => {
    const changed = { ...FROZEN, media_sha256: '9'.repeat(64) };
    const bound = [marked, queued(), registrationStarted(), registrationAccepted(), failed()];
    given(transfer, ...bound)
      .when(QUEUE('operator', { frozen: changed }))
      .thenRefused('content_changed');
  });
});

describe('holding', () => {
  it('keeps a queued transfer from being dispatched until it is released', () => {
    given(transfer, ...LIVES.queued)
      .when(HOLD)
      .then(held);
    given(transfer, ...LIVES.queued, held)
      .when(START_REGISTRATION())
      .thenRefused('held');
    given(transfer, ...LIVES.queued, held)
      .when(RELEASE)
      .then(released);
    given(transfer, ...LIVES.queued, held, released)
      .when(START_REGISTRATION())
      .then(registrationStarted());
  });

  it('for two reasons ends with the second release', () => {
    const both = [...LIVES.queued, held, { ...held, reason: 'ineligible' as const }];
    given(transfer, ...both)
      .when({ ...HOLD, reason: 'ineligible' })
      .thenNothing();
    given(transfer, ...both, released)
      .when(START_REGISTRATION())
      .thenRefused('held');
    given(transfer, ...both, released, { ...released, reason: 'ineligible' as const })
      .when(START_REGISTRATION())
      .then(registrationStarted());
  });

  it('stops automatic retries of a failed transfer, but not the operator', () => {
    given(transfer, ...LIVES.failed, held)
      .when(QUEUE('retry_policy'))
      .thenRefused('held');
    given(transfer, ...LIVES.failed, held)
      .when(QUEUE('operator'))
      .then({ ...queued(), at: QUEUE().at });
  });
});

describe('an attempt', () => {
  it('starts only while the resource is eligible', () => {
    given(transfer, ...LIVES.queued)
      .when(START_REGISTRATION(INELIGIBLE))
      .thenRefused('not_anonymized');
    given(transfer, ...LIVES.awaiting_media)
      .when(START_UPLOAD(1, INELIGIBLE))
      .thenRefused('not_anonymized');
  });

  it('goes from registration to upload to completion', () => {
    given(transfer, ...LIVES.queued)
      .when(START_REGISTRATION())
      .then(registrationStarted());
    given(transfer, ...LIVES.registering)
      .when(ACCEPT())
      .then(registrationAccepted());
    given(transfer, ...LIVES.awaiting_media)
      .when(START_UPLOAD())
      .then(uploadStarted());
    given(transfer, ...LIVES.uploading)
      .when(COMPLETE())
      .then(completed(), retained);
  });

  it('makes local media eligible for clean-up only if the policy at the mark said so', () => {
    const life = [
      { ...marked, local_cleanup_policy: 'eligible_after_verified_apply' as const },
      ...LIVES.uploading.slice(1),
    ];
    given(transfer, ...life)
      .when(COMPLETE())
      .then(completed(), { ...retained, type: 'LocalMediaCleanupEligible' });
  });

  it('is found completed when the answer to its upload was lost', () => {
    const life = [...LIVES.uploading, outcomeUnknown(), failed(), queued('retry_policy'), registrationStarted(2)];
    given(transfer, ...life)
      .when(COMPLETE(2, { bytes_sent: 0 }))
      .then(completed(2, 0), retained);
  });

  it('does not believe `applied` where nothing was ever uploaded', () => {
    given(transfer, ...LIVES.registering)
      .when(COMPLETE())
      .thenRefused('applied_without_upload');
  });

  it('does not believe `applied` where an upload began and surely sent no byte', () => {
    const nothing = { ...outcomeUnknown(), bytes_sent: 0 };
    const life = [...LIVES.uploading, nothing, failed(), queued('retry_policy'), registrationStarted(2)];
    given(transfer, ...life)
      .when(COMPLETE(2))
      .thenRefused('applied_without_upload');
    given(transfer, ...LIVES.uploading)
      .when(COMPLETE(1, { bytes_sent: 0 }))
      .thenRefused('applied_without_upload');
  });

  it('is believed where a worker vanished in its upload, since bytes may have left', () => {
    const vanished = { ...outcomeUnknown(), code: WORKER_LOST, bytes_sent: 0 };
    given(transfer, ...LIVES.uploading, vanished)
      .when(COMPLETE(1, { bytes_sent: 0 }))
      .then(completed(1, 0), retained);
    expect(progressOf(fold(transfer, [...LIVES.uploading, failed(1, 'worker_lost')])).uploadBegun).toBe(true);
  });

  it('remembers since when its hub is busy, until it says something else', () => {
    const busy = { ...hubAsked(), hub_status: 'running' };
    const still = { ...busy, at: LATER };
    expect(progressOf(fold(transfer, [...LIVES.registering, busy, still])).hubBusySince).toBe(AT);
    expect(progressOf(fold(transfer, [...LIVES.registering, busy, still, hubAsked()])).hubBusySince).toBeNull();
  });

  it('remembers that the hub forgot what it had taken, until an operator orders it again', () => {
    const forgotten = [...LIVES.awaiting_media, hubAsked(1, 'not_found'), failed()];
    expect(progressOf(fold(transfer, forgotten)).hubForgot).toBe(true);
    expect(progressOf(fold(transfer, [...forgotten, queued('retry_policy')])).hubForgot).toBe(true);
    expect(progressOf(fold(transfer, [...forgotten, queued('operator')])).hubForgot).toBe(false);
    expect(progressOf(fold(transfer, [...LIVES.registering, hubAsked(1, 'not_found')])).hubForgot).toBe(false);
  });

  it('cannot be completed while the hub awaits media, whatever an earlier attempt sent', () => {
    const earlier = [...LIVES.uploading, outcomeUnknown(), failed(), queued('retry_policy'), registrationStarted(2)];
    given(transfer, ...earlier, registrationAccepted(2))
      .when(COMPLETE(2))
      .thenRefused('applied_without_upload');
  });

  it('of sealed media is believed for its receipt alone', () => {
    const receipt = {
      ciphertext_sha256: 'a'.repeat(64),
      ciphertext_size: 1,
      envelope_fingerprint_sha256: 'b'.repeat(64),
      recipient_key_id: 'c'.repeat(64),
    };
    const acknowledgement = { ...ACKNOWLEDGEMENT, receipt };
    const sealed = queued('operator', { ...FROZEN, profile: 'endoreg-3.0-envelope' });
    given(transfer, marked, sealed, ...LIVES.uploading.slice(2))
      .when(COMPLETE())
      .thenRefused('receipt_missing');
    given(transfer, marked, sealed, registrationStarted())
      .when(COMPLETE(1, { acknowledgement }))
      .then({ ...completed(), acknowledgement }, retained);
    given(transfer, ...LIVES.registering)
      .when(COMPLETE(1, { acknowledgement }))
      .thenRefused('applied_without_upload');
  });

  it('asks first after a lost worker too, and keeps its payload, since the hub may hold it', () => {
    const lost = [...LIVES.registering, failed(1, 'worker_lost')];
    expect(progressOf(fold(transfer, lost))).toMatchObject({ askFirst: true, bound: true });
    given(transfer, ...lost)
      .when(QUEUE('operator', { frozen: { ...FROZEN, payload_digest: 'f'.repeat(64) } }))
      .then({ ...queued(), at: QUEUE().at });
  });

  it('may be rebuilt once the hub denies what was never accepted, and not where it was accepted before', () => {
    const denied = [outcomeUnknown(), hubAsked(1, 'not_found')];
    expect(progressOf(fold(transfer, [...LIVES.registering, ...denied])).bound).toBe(false);
    expect(progressOf(fold(transfer, [...LIVES.awaiting_media, ...denied])).bound).toBe(true);
    expect(progressOf(fold(transfer, [...LIVES.uploading, ...denied, ...denied])).bound).toBe(true);
    expect(progressOf(fold(transfer, [...LIVES.registering, hubAsked(1, 'found')])).bound).toBe(true);
  });

  it('remembers the name the hub gave it until the hub denies it', () => {
    expect(progressOf(fold(transfer, LIVES.awaiting_media)).hubTransferId).toBe(ACKNOWLEDGEMENT.hub_transfer_id);
    expect(progressOf(fold(transfer, [...LIVES.uploading, hubAsked()])).hubTransferId).not.toBeNull();
    expect(progressOf(fold(transfer, [...LIVES.uploading, hubAsked(1, 'not_found')])).hubTransferId).toBeNull();
  });

  it('asks first after a lost answer, until the hub has answered, across attempts', () => {
    const lost = [...LIVES.uploading, outcomeUnknown(), failed(), queued('retry_policy'), registrationStarted(2)];
    expect(progressOf(fold(transfer, lost)).askFirst).toBe(true);
    expect(progressOf(fold(transfer, [...lost, hubAsked(2)])).askFirst).toBe(false);
  });

  it('is numbered over the whole life, a fresh start by an operator included', () => {
    given(transfer, ...LIVES.failed, queued('operator'))
      .when(START_REGISTRATION())
      .then(registrationStarted(2));
  });

  it('ignores reports of another attempt', () => {
    const life = [...LIVES.registering, failed(), queued('retry_policy'), registrationStarted(2)];
    given(transfer, ...life)
      .when(FAIL(1))
      .thenNothing();
    given(transfer, ...life)
      .when(ACCEPT(1))
      .thenNothing();
    given(transfer, ...life)
      .when(COMPLETE(1))
      .thenNothing();
    given(transfer, ...life)
      .when(UNKNOWN(1))
      .thenNothing();
    given(transfer, ...life)
      .when(ANSWER(1))
      .thenNothing();
    given(transfer, ...LIVES.awaiting_media)
      .when(START_UPLOAD(2))
      .thenRefused('stale_attempt');
    given(transfer, ...LIVES.registering)
      .when({ ...FAIL(1), attempt_id: '00000000-0000-4000-8000-000000000000' })
      .thenNothing();
  });
});

describe('failures', () => {
  it('are scheduled with full jitter, doubling, and stop at the limit', () => {
    const life = (failures: number) =>
      Array.from({ length: failures }, (_, n) => [
        queued('retry_policy'),
        registrationStarted(n + 1),
        failed(n + 1),
      ]).flat();
    const next = (failures: number) => [
      marked,
      ...life(failures),
      queued('retry_policy'),
      registrationStarted(failures + 1),
    ];
    given(transfer, ...next(0))
      .when(FAIL(1))
      .then(failed(1));
    given(transfer, ...next(2))
      .when(FAIL(3))
      .then(failed(3, 'transient', { not_before: '2026-11-02T08:01:00.000Z' }));
    given(transfer, ...next(4))
      .when(FAIL(5))
      .then(failed(5, 'transient', { retryable: false, retries_exhausted: true, not_before: null }));
  });

  it('name the stage in which the attempt ended', () => {
    given(transfer, ...LIVES.awaiting_media)
      .when(FAIL())
      .then(failed(1, 'transient', { stage: 'awaiting_media' }));
    given(transfer, ...LIVES.uploading)
      .when(FAIL())
      .then(failed(1, 'transient', { stage: 'upload' }));
  });

  it('leave the last failure reason in sight', () => {
    expect(fold(transfer, LIVES.failed)).toMatchObject({
      status: 'failed',
      failure: {
        stage: 'registration',
        failure_class: 'transient',
        code: 'connection_refused',
        retryable: true,
        retries_exhausted: false,
        not_before: '2026-11-02T08:00:15.000Z',
        http_status: null,
      },
    });
  });

  it('start a fresh count after an operator queued it again', () => {
    const life = [marked, queued(), registrationStarted(), failed(), queued('operator'), registrationStarted(2)];
    given(transfer, ...life)
      .when(FAIL(2))
      .then(failed(2));
  });

  it('that were not counted do not bring the limit nearer', () => {
    const patient = failed(1, 'transient', { counted: false, code: 'rate_limited' });
    const life = [marked, queued(), registrationStarted(), patient, queued('retry_policy'), registrationStarted(2)];
    given(transfer, ...life)
      .when(FAIL(2))
      .then(failed(2));
    expect(progressOf(fold(transfer, life)).countedFailures).toBe(0);
  });

  it('for lost eligibility do not use up an attempt, whatever the sender says', () => {
    given(transfer, ...LIVES.awaiting_media)
      .when(FAIL(1, 'ineligible'))
      .then(failed(1, 'ineligible', { stage: 'awaiting_media', counted: false }));
  });

  it('that ask for patience do not use up an attempt', () => {
    given(transfer, ...LIVES.registering)
      .when({ ...FAIL(), counted: false, code: 'rate_limited', retry_after_ms: 60_000 })
      .then(failed(1, 'transient', { counted: false, code: 'rate_limited', not_before: '2026-11-02T08:01:00.000Z' }));
  });
});

describe('a state', () => {
  const later = { at: LATER };

  it('tells since when it stands, which notes taken meanwhile do not change', () => {
    expect(fold(transfer, [marked, { ...queued(), ...later }])).toMatchObject({ status: 'queued', since: LATER });
    expect(fold(transfer, [...LIVES.queued, { ...held, ...later }])).toMatchObject({ status: 'queued', since: AT });
    expect(fold(transfer, [...LIVES.uploading, { ...hubAsked(), ...later }])).toMatchObject({ since: AT });
    expect(fold(transfer, [...LIVES.uploading, { ...completed(), ...later }])).toMatchObject({ since: LATER });
  });

  it('knows what was marked to the end', () => {
    expect(fold(transfer, LIVES.completed)).toMatchObject({ intent: INTENT, acknowledgement: ACKNOWLEDGEMENT });
  });
});

function progressOf(state: Transfer) {
  if (!('progress' in state)) throw new Error(`No progress in ${state.status}`);
  return state.progress;
}

/** `→ state` goes there, `+` records a fact and stays, `·` is already so or too late, `✗ code` is refused. */
const MAP = `
                     not_marked      marked          queued          registering               awaiting_media    uploading         completed       failed
MarkResource         → marked        ·               ·               ·                         ·                 ·                 ·               ·
UnmarkResource       ·               → not_marked    ✗ already_queued ✗ already_queued         ✗ already_queued  ✗ already_queued  ✗ already_queued ✗ already_queued
QueueTransfer        ✗ not_marked    → queued        ·               ·                         ·                 ·                 ·               → queued
HoldTransfer         ✗ not_queued    ✗ not_queued    +               ✗ attempt_running         ✗ attempt_running ✗ attempt_running ✗ not_queued    +
ReleaseTransfer      ✗ not_queued    ✗ not_queued    ·               ✗ attempt_running         ✗ attempt_running ✗ attempt_running ✗ not_queued    ·
StartRegistration    ✗ not_queued    ✗ not_queued    → registering   ✗ not_queued              ✗ not_queued      ✗ not_queued      ✗ not_queued    ✗ not_queued
AcceptRegistration   ·               ·               ·               → awaiting_media          ·                 ·                 ·               ·
StartUpload          ✗ stale_attempt ✗ stale_attempt ✗ stale_attempt ✗ stale_attempt           → uploading       ✗ stale_attempt   ✗ stale_attempt ✗ stale_attempt
CompleteTransfer     ·               ·               ·               ✗ applied_without_upload  ✗ applied_without_upload → completed       ·               ·
FailTransfer         ·               ·               ·               → failed                  → failed          → failed          ·               ·
RecordOutcomeUnknown ·               ·               ·               +                         +                 +                 ·               ·
RecordHubAnswer      ·               ·               ·               +                         +                 +                 ·               ·
`;

const COMMANDS: Readonly<Record<TransferCommand['type'], TransferCommand>> = {
  MarkResource: MARK,
  UnmarkResource: UNMARK,
  QueueTransfer: QUEUE(),
  HoldTransfer: HOLD,
  ReleaseTransfer: RELEASE,
  StartRegistration: START_REGISTRATION(),
  AcceptRegistration: ACCEPT(),
  StartUpload: START_UPLOAD(),
  CompleteTransfer: COMPLETE(),
  FailTransfer: FAIL(),
  RecordOutcomeUnknown: UNKNOWN(),
  RecordHubAnswer: ANSWER(),
};

describe('the map of the machine', () => {
  it('has an answer of every state to every command', () => {
    expect(drawMap()).toEqual(readMap(MAP));
  });
});

function drawMap(): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(COMMANDS).map(([name, command]) => [
      name,
      Object.values(LIVES).map((life) => cell(command, fold(transfer, life))),
    ]),
  );
}

function cell(command: TransferCommand, state: Transfer): string {
  try {
    const events = transfer.decide(command, state);
    if (events.length === 0) return '·';
    const after = events.reduce((before, event) => transfer.evolve(before, event), state);
    return after.status === state.status ? '+' : `→ ${after.status}`;
  } catch (error) {
    if (error instanceof Refusal) return `✗ ${error.code}`;
    throw error;
  }
}

function readMap(map: string): Record<string, string[]> {
  const [, ...rows] = map.trim().split('\n');
  return Object.fromEntries(
    rows.map((row) => {
      const [name, ...cells] = row.split(/\s+(?=[→✗·+])/);
      return [name, cells.map((text) => text.trim())];
    }),
  );
}
