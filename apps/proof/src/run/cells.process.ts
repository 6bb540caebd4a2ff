import { setTimeout as pause } from 'node:timers/promises';
import type { CrashPoint } from '../plan/crash-point.js';
import type { FaultRule } from '@hub-export/hub-simulator';
import { type Cell, nameOf } from '../plan/matrix.js';
import type { ServiceProcess } from '../site/service.process.js';
import type { SiteResource } from '../site/site-resource.js';
import type { ProofSite } from './proof-site.process.js';

/** What came of one cell. */
export interface CellResult {
  readonly name: string;
  readonly group: string;
  /** `unreached`: it ended well, but the crash never came, so it counts as no meeting of the two. */
  readonly outcome: 'passed' | 'unreached' | 'failed';
  readonly reason: string | null;
  readonly ms: number;
  /** From the crash, or the end of the fault, to the transfer's end; `null` without one. */
  readonly recoveryMs: number | null;
  /** What else is to be told of it. */
  readonly note?: string;
}

/** Generous, since the machine may be small and busy; alone on it a cell takes two or three seconds. */
const END_LIMIT_MS = 90_000;
const MOMENT_LIMIT_MS = 8_000;
/** What follows from the log may come later than the transfer's end. */
const AFTERWARDS_MS = 8_000;
/** A message that was in the hands of a killed consumer holds up the others for 30 s, and twice where another was about to come. */
const NEXT_MESSAGE_MS = 65_000;
const SMALL_BYTES = 24 * 1024;
/** Four pieces as they are read, so that one, two and three can have left. */
const LARGE_BYTES = 3 * 1024 * 1024 + 100_000;

/** Runs one cell to its end. What it breaks is mended by the site's supervisor, as at a clinic. */
export async function runCell(proof: ProofSite, cell: Cell, group: string): Promise<CellResult> {
  const { point, fault } = cell;
  const name = nameOf(cell);
  const started = performance.now();
  // A lie that is read and not yet recorded is forgotten with the process that read it.
  const end = fault.end === 'stopped' && point !== null ? 'any' : fault.end;
  let crashedAt: number | null = null;
  const over = new AbortController();
  let resource: SiteResource | null = null;
  try {
    const large = point?.largeMedia === true || point?.needsSlowUpload === true;
    resource = await proof.report(large ? 'video' : 'report', large ? LARGE_BYTES : SMALL_BYTES);
    proof.expect(resource, fault, { end, cell: name });
    await proof.site.control.addFaults(...momentRules(point, resource), ...fault.rules(resource.transferKey));
    const crashed = point === null ? null : armed(proof, point, resource, over.signal);
    void crashed?.then((at) => (crashedAt = at));
    // The transfer itself is told to the sender by the log; word of another resource comes to every consumer by the bus.
    if (point?.needsMessage === true) await proof.report('report', SMALL_BYTES);
    await proof.mark(resource);
    await proof.queue(resource);
    await proof.ended(resource, END_LIMIT_MS);
    // A crash that comes with, or after, the end may not have been seen yet.
    if (point !== null) {
      const afterwards = point.needsMessage ? NEXT_MESSAGE_MS : AFTERWARDS_MS;
      await Promise.race([crashed, pause(afterwards, undefined, { signal: over.signal }).catch(() => null)]);
    }
    const reached = point === null || (await withdrawn(proof, point, crashedAt));
    const now = performance.now();
    return {
      name,
      group,
      outcome: reached ? 'passed' : 'unreached',
      reason: reached ? null : 'the crash did not come',
      ms: Math.round(now - started),
      recoveryMs: crashedAt === null ? null : Math.max(0, Math.round(now - crashedAt)),
    };
  } catch (error) {
    if (point !== null) await withdrawn(proof, point, crashedAt);
    const reason = `${error instanceof Error ? error.message : String(error)}`;
    return { name, group, outcome: 'failed', reason, ms: Math.round(performance.now() - started), recoveryMs: null };
  } finally {
    over.abort();
    await proof.site.control.clearFaults();
    if (fault.opensCircuit) await proof.closeCircuit();
  }
}

/** What the hub does so that a moment of its own can be met from outside. */
function momentRules(point: CrashPoint | null, { transferKey: transfer_key }: SiteResource): readonly FaultRule[] {
  if (point?.needsSlowUpload) {
    return [{ step: 'media', transfer_key, action: { type: 'throttle', bytes_per_second: 2 * 1024 * 1024 } }];
  }
  if (point?.by !== 'hub') return [];
  const step = point.stage === 'registration' ? 'create' : 'media';
  const when = point.name === 'registration-under-way' ? 'before' : 'after';
  return [{ step, transfer_key, action: { type: 'hang', when } }];
}

/** Orders the crash, and tells when it has come. */
async function armed(
  proof: ProofSite,
  point: CrashPoint,
  resource: SiteResource,
  over: AbortSignal,
): Promise<number | null> {
  if (point.by === 'hub') return crashedFromOutside(proof, point, resource);
  const before = starts(proof, point);
  for (const victim of point.victims) await proof.site.orderCrash(victim, point.name, { passing: point.passing });
  while (!over.aborted) {
    const died = victims(proof, point).find(
      (service) => !service.isRunning || service.starts > (before.get(service) ?? 0),
    );
    if (died !== undefined) return performance.now();
    await pause(5);
  }
  return null;
}

async function crashedFromOutside(proof: ProofSite, point: CrashPoint, resource: SiteResource): Promise<number | null> {
  const key = resource.transferKey;
  const since = await proof.journalEnd();
  const seen = await proof.journalTells(
    since,
    (entry) => {
      // A registration names its key in the body only; of one cell at a time it is the only one.
      if (point.name === 'registration-under-way') return entry.type === 'RequestBegun' && entry.step === 'create';
      if (point.stage === 'registration') return entry.type === 'TransferRegistered' && entry.job.transfer_key === key;
      return entry.type === 'TransferChanged' && entry.transfer_key === key && entry.set.transfer_status === 'applied';
    },
    MOMENT_LIMIT_MS,
  );
  if (!seen) return null;
  await (await proof.busySender()).end('SIGKILL');
  return performance.now();
}

async function withdrawn(proof: ProofSite, point: CrashPoint, crashedAt: number | null): Promise<boolean> {
  for (const victim of point.victims) await proof.site.withdrawCrash(victim);
  return crashedAt !== null;
}

function victims(proof: ProofSite, { victims: names }: CrashPoint): readonly ServiceProcess[] {
  return proof.processes.filter(({ name }) => names.includes(name));
}

function starts(proof: ProofSite, point: CrashPoint): ReadonlyMap<ServiceProcess, number> {
  return new Map(victims(proof, point).map((service) => [service, service.starts]));
}
