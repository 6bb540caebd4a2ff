import type { SiteKind } from './layout.js';
import { type PortName, PORT_NAMES, type Ports } from './ports.js';

/** What a run of a local site leaves for the next one and for the commands beside it. Holds no secret. */
export interface SiteState {
  readonly kind: SiteKind;
  /** The process of the run; it may have ended since. */
  readonly pid: number;
  /** ISO 8601. */
  readonly started_at: string;
  readonly ports: Ports;
}

/** Null where the text is no state: the run then begins as if it were the first. */
export function parseSiteState(text: string): SiteState | null {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return null;
  const { kind, pid, started_at, ports } = value as Record<string, unknown>;
  if ((kind !== 'demo' && kind !== 'site') || !isPid(pid) || typeof started_at !== 'string') return null;
  return hasPorts(ports) ? { kind, pid, started_at, ports } : null;
}

/** Where a service of a local site answers. */
export function serviceUrl(ports: Ports, name: PortName): string {
  return `${name === 'hub' ? 'https' : 'http'}://127.0.0.1:${ports[name]}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isPid(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function hasPorts(value: unknown): value is Ports {
  if (typeof value !== 'object' || value === null) return false;
  const ports = value as Record<string, unknown>;
  return PORT_NAMES.every(
    (name) => Number.isInteger(ports[name]) && Number(ports[name]) > 0 && Number(ports[name]) < 65_536,
  );
}
