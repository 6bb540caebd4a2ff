import { readFileSync, writeFileSync } from 'node:fs';

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
