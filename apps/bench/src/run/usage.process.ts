import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The kernel's clock ticks a second, the same on every Linux of today. */
const TICKS_A_SECOND = 100;
const KIB_A_MIB = 1024;

/** Processor time of a process since it began, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; user and system time are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/**
 * Does work that answers how much of it was done, and answers with how much of it a second would be done if every
 * processor of this machine had nothing but this kind of work to do: what of it no waiting of ours explains.
 */
export async function processorLimit(work: () => Promise<number>): Promise<number> {
  const before = busySeconds();
  const amount = await work();
  return (amount * availableParallelism()) / (busySeconds() - before);
}

/** A rate a second, and the rate that the processors would allow. */
export async function rateAndLimit(
  measure: () => Promise<number>,
): Promise<{ readonly rate: number; readonly allowed: number }> {
  let rate = 0;
  const allowed = await processorLimit(async () => {
    const begun = performance.now();
    rate = await measure();
    return (rate * (performance.now() - begun)) / 1000;
  });
  return { rate, allowed };
}

/** Processor time that all of the machine has spent since it started, in seconds; waiting for disks is not work. */
function busySeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , interrupt = 0, softInterrupt = 0] = readFileSync('/proc/stat', 'utf8')
    .split(/\s+/, 8)
    .map(Number);
  return (user + nice + system + interrupt + softInterrupt) / TICKS_A_SECOND;
}

/** Memory of a process in use now, in MiB. */
export function residentMib(pid: number): number {
  return statusMib(pid, 'VmRSS');
}

/** The most it had in use since `forgetPeak`, in MiB. */
export function peakMib(pid: number): number {
  return statusMib(pid, 'VmHWM');
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function statusMib(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / KIB_A_MIB;
}
