import type { DurableSpec } from './durable.js';
import type { StreamSpec } from './streams.js';

/** One thing that is not as it has to be on the bus. */
export interface Drift {
  readonly stream: string;
  /** The durable, where the difference lies in a durable. */
  readonly durable?: string;
  readonly field: string;
  readonly wanted: unknown;
  readonly actual: unknown;
  /** Whether the server takes the wanted value by an update. */
  readonly mendable: boolean;
}

/** A configuration as a server tells it. */
export type Found = Readonly<Record<string, unknown>>;

const STREAM_FIELDS = [
  'subjects',
  'storage',
  'retention',
  'discard',
  'max_age',
  'max_bytes',
  'max_msg_size',
  'duplicate_window',
  'num_replicas',
  'deny_delete',
  'deny_purge',
] as const satisfies readonly (keyof StreamSpec)[];

const DURABLE_FIELDS = [
  'filter_subject',
  'ack_policy',
  'max_ack_pending',
  'max_deliver',
  'ack_wait',
] as const satisfies readonly (keyof DurableSpec)[];

/** How a stream differs from what it has to be; none where it does not. */
export function streamDrift(wanted: StreamSpec, actual: Found): readonly Drift[] {
  return STREAM_FIELDS.filter((field) => !same(wanted[field], actual[field])).map((field) => ({
    stream: wanted.name,
    field,
    wanted: wanted[field],
    actual: actual[field],
    mendable: streamMendable(field, wanted[field]),
  }));
}

/** How a durable differs from what it has to be. Where it starts is left out: that is chosen anew at each creation. */
export function durableDrift(wanted: DurableSpec, actual: Found): readonly Drift[] {
  const drift = DURABLE_FIELDS.filter((field) => !same(wanted[field], actual[field])).map((field) => ({
    stream: wanted.stream,
    durable: wanted.name,
    field,
    wanted: wanted[field],
    actual: actual[field],
    // Another filter is another durable: what the old one has passed over would never be seen.
    mendable: field !== 'ack_policy' && field !== 'filter_subject',
  }));
  const { deliver_subject: pushedTo } = actual;
  if (pushedTo === undefined || pushedTo === '') return drift;
  const pushed = {
    stream: wanted.stream,
    durable: wanted.name,
    field: 'deliver_subject',
    wanted: '',
    actual: pushedTo,
  };
  return [...drift, { ...pushed, mendable: false }];
}

/** A server moves no stream to other storage or retention, and a refusal to delete once given is not taken back. */
function streamMendable(field: keyof StreamSpec, wanted: unknown): boolean {
  if (field === 'storage' || field === 'retention') return false;
  if (field === 'deny_delete' || field === 'deny_purge') return wanted === true;
  return true;
}

function same(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(actual) && sorted(wanted) === sorted(actual);
  // A server may leave out what is false or 0.
  if (actual === undefined) return wanted === false || wanted === 0;
  return wanted === actual;
}

function sorted(values: readonly unknown[]): string {
  return JSON.stringify(values.map(String).sort());
}
