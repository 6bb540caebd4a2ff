import { type CrashPoint, OTHER_POINTS, SENDER_POINTS } from './crash-point.js';
import { type HubFault, NO_FAULT } from './hub-fault.js';

/** One meeting of a crash and a hub's fault in the life of one transfer. */
export interface Cell {
  readonly point: CrashPoint | null;
  readonly fault: HubFault;
  readonly workers: 1 | 2;
}

/** Why a crash point and a fault cannot meet in one transfer; `null` where they can. */
export function apart({ by, stage, needsFailure, needsSlowUpload }: CrashPoint, fault: HubFault): string | null {
  if (needsFailure && !fault.failsAttempt) return 'no attempt fails of it';
  // A transfer that ends at registration has no upload to be killed in.
  if (fault.end === 'stopped' && fault.step === 'create' && stage !== 'registration') return 'it ends before';
  if (fault.end !== 'completed' && stage === 'completed') return 'it may never complete';
  // A request meets one rule at most, and these points need a rule of their own for it.
  if (by === 'hub' && stage === 'registration' && fault.step === 'create') return 'one rule a request';
  if (by === 'hub' && stage === 'media' && fault.step === 'media') return 'one rule a request';
  if (by === 'hub' && fault.step === 'connection') return 'the moment does not come';
  if (needsSlowUpload && fault.step === 'media') return 'one rule a request';
  // The lie is read before the crash and would have been the end; without the crash it is another cell.
  return null;
}

/** Every sender's crash against every fault, with one worker and with two. */
export function senderMatrix(faults: readonly HubFault[]): readonly Cell[] {
  return SENDER_POINTS.flatMap((point) =>
    faults
      .filter((fault) => apart(point, fault) === null)
      .flatMap((fault) => ([1, 2] as const).map((workers) => ({ point, fault, workers }))),
  );
}

/** The crashes of marking, relay, consumers and audit, while the hub is as it should be. */
export function otherCrashes(): readonly Cell[] {
  return OTHER_POINTS.flatMap((point) => ([1, 2] as const).map((workers) => ({ point, fault: NO_FAULT, workers })));
}

/** Every fault without a crash: what the sender alone makes of it. */
export function faultsAlone(faults: readonly HubFault[]): readonly Cell[] {
  return [NO_FAULT, ...faults].map((fault) => ({ point: null, fault, workers: 1 as const }));
}

/** A sample in which each crash point and, as far as it goes, each fault is seen: of each point, two faults. */
export function quickMatrix(faults: readonly HubFault[]): readonly Cell[] {
  return SENDER_POINTS.flatMap((point, place) => {
    const met = faults.filter((fault) => apart(point, fault) === null);
    return ([1, 2] as const).map((workers) => ({
      point,
      fault: met[(place * 5 + workers * 3) % met.length] ?? NO_FAULT,
      workers,
    }));
  });
}

/** Sealed media: each fault of its hub, and each crash of the sender with one of them. */
export function sealedMatrix(faults: readonly HubFault[]): readonly Cell[] {
  const crashes = quickMatrix(faults).filter(({ workers }) => workers === 1);
  return [...faultsAlone(faults), ...crashes];
}

/** The few among the many, far apart: what one of them leaves behind for a while must not meet the next. */
export function spread<Item>(few: readonly Item[], many: readonly Item[]): readonly Item[] {
  const step = Math.max(1, Math.floor(many.length / (few.length + 1)));
  const mixed = many.flatMap((item, place) => {
    const next = (place + 1) % step === 0 ? few[(place + 1) / step - 1] : undefined;
    return next === undefined ? [item] : [item, next];
  });
  return [...mixed, ...few.slice(Math.floor(many.length / step))];
}

export function nameOf({ point, fault, workers }: Cell): string {
  const crash =
    point === null ? 'no crash' : `${point.number} ${point.name}${point.passing > 1 ? `×${point.passing}` : ''}`;
  return `${crash} | ${fault.name} | ${workers}`;
}
