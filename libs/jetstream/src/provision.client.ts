import { setTimeout as pause } from 'node:timers/promises';
import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  ReplayPolicy,
  RetentionPolicy,
  type StreamConfig,
  type StreamInfo,
  StorageType,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ProvisioningError } from './bus-errors.js';
import { type Drift, durableDrift, streamDrift } from './drift.js';
import type { DurableSpec } from './durable.js';
import type { StreamSpec } from './streams.js';

/** What has to be on the bus. */
export interface Wanted {
  readonly streams: readonly StreamSpec[];
  readonly durables?: readonly DurableSpec[];
}

export interface Provisioned {
  /** Names of the streams and durables that were missing and are there now. */
  readonly created: readonly string[];
  /** What was otherwise than wanted, and has been mended. */
  readonly mended: readonly Drift[];
}

/** How long the server may take to answer a request about streams and consumers, in milliseconds. */
export const API_TIMEOUT_MS = 5_000;

const CREATE_TRIES_MAX = 10;
const CREATE_PAUSE_MS = 100;

/** The server's codes for streams that want more than there is. */
const STORAGE_INSUFFICIENT = new Set([10023, 10047]);

/**
 * Creates what is missing and mends what differs; does nothing where all is as it should be, and may be done by several
 * processes at once. Nothing is ever deleted.
 * @throws ProvisioningError where something differs that no update can change, or the server is too small.
 */
export async function provision(connection: NatsConnection, wanted: Wanted): Promise<Provisioned> {
  const manager = await managerOf(connection);
  requirePayload(connection, wanted.streams);
  const done: Provisioned[] = [];
  for (const stream of wanted.streams) done.push(await provisionStream(manager, stream));
  for (const durable of wanted.durables ?? []) done.push(await provisionDurable(manager, durable));
  return { created: done.flatMap(({ created }) => created), mended: done.flatMap(({ mended }) => mended) };
}

/**
 * Creates a durable where it is missing, starting behind `startAfter` (a stream sequence; 0, the default, is the
 * beginning), and mends it where it differs. An existing durable keeps its place.
 */
export async function provisionDurable(
  manager: JetStreamManager,
  spec: DurableSpec,
  startAfter = 0,
): Promise<Provisioned> {
  const found = await findDurable(manager, spec.stream, spec.name);
  if (!found) {
    const created = await createOrFind(
      () => manager.consumers.add(spec.stream, durableConfig(spec, startAfter)),
      () => findDurable(manager, spec.stream, spec.name),
    );
    if (created.byUs) return { created: [spec.name], mended: [] };
    return mendDurable(manager, spec, created.info);
  }
  return mendDurable(manager, spec, found);
}

/** The durable as the server knows it; undefined where it, or its stream, is not. */
export function findDurable(
  manager: JetStreamManager,
  stream: string,
  durable: string,
): Promise<ConsumerInfo | undefined> {
  const missing = [JetStreamApiCodes.ConsumerNotFound, JetStreamApiCodes.StreamNotFound];
  return manager.consumers.info(stream, durable).catch((error: unknown) => undefinedIf(missing, error));
}

/** The stream as the server knows it; undefined where it does not. */
export function findStream(manager: JetStreamManager, stream: string): Promise<StreamInfo | undefined> {
  return manager.streams.info(stream).catch((error: unknown) => undefinedIf([JetStreamApiCodes.StreamNotFound], error));
}

/** The management side of JetStream, without a round trip of its own. */
export function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(connection, { checkAPI: false, timeout: API_TIMEOUT_MS });
}

async function provisionStream(manager: JetStreamManager, spec: StreamSpec): Promise<Provisioned> {
  const found = await findStream(manager, spec.name);
  if (!found) {
    const created = await createOrFind(
      () => manager.streams.add({ ...streamConfig(spec), name: spec.name }),
      () => findStream(manager, spec.name),
    );
    if (created.byUs) return { created: [spec.name], mended: [] };
    return mendStream(manager, spec, created.info);
  }
  return mendStream(manager, spec, found);
}

async function mendStream(manager: JetStreamManager, spec: StreamSpec, found: StreamInfo): Promise<Provisioned> {
  const drift = requireMendable(streamDrift(spec, found.config));
  if (drift.length > 0) await update(() => manager.streams.update(spec.name, changesOf(drift)), drift);
  return { created: [], mended: drift };
}

async function mendDurable(manager: JetStreamManager, spec: DurableSpec, found: ConsumerInfo): Promise<Provisioned> {
  const drift = requireMendable(durableDrift(spec, found.config));
  if (drift.length > 0) await update(() => manager.consumers.update(spec.stream, spec.name, changesOf(drift)), drift);
  return { created: [], mended: drift };
}

/**
 * Another process may create the same thing between our look and our try; then what it made is taken as found. And a
 * server that has just deleted a stream may fail, for some milliseconds, to make room for one of the same name.
 */
async function createOrFind<Info>(
  create: () => Promise<Info>,
  find: () => Promise<Info | undefined>,
): Promise<{ info: Info; byUs: boolean }> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { info: await create(), byUs: true };
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      if (STORAGE_INSUFFICIENT.has(error.code)) throw storageTooSmall(error);
      const info = await find();
      if (info !== undefined) return { info, byUs: false };
      if (error.status < 500 || tries === CREATE_TRIES_MAX) throw error;
      await pause(CREATE_PAUSE_MS);
    }
  }
}

async function update(change: () => Promise<unknown>, drift: readonly Drift[]): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    if (STORAGE_INSUFFICIENT.has(error.code)) throw storageTooSmall(error);
    throw notMendable(drift, error);
  }
}

function requireMendable(drift: readonly Drift[]): readonly Drift[] {
  if (drift.some(({ mendable }) => !mendable)) throw notMendable(drift);
  return drift;
}

function requirePayload(connection: NatsConnection, streams: readonly StreamSpec[]): void {
  const taken = connection.info?.max_payload ?? 0;
  const largest = Math.max(0, ...streams.map(({ max_msg_size }) => max_msg_size));
  if (taken >= largest) return;
  throw new ProvisioningError(
    'max_payload_too_small',
    `The server takes messages of ${String(taken)} bytes; its max_payload has to be ${String(largest)} at least.`,
  );
}

function notMendable(drift: readonly Drift[], cause?: Error): ProvisioningError {
  const places = drift
    .map(({ stream, durable, field }) => [stream, durable, field].filter(Boolean).join('/'))
    .join(', ');
  return new ProvisioningError(
    'not_mendable',
    `On the bus this cannot be changed to what it has to be: ${places}.`,
    drift,
    { cause },
  );
}

function storageTooSmall(cause: Error): ProvisioningError {
  return new ProvisioningError('storage_too_small', "The server has no room for the streams' max_bytes.", [], {
    cause,
  });
}

function changesOf(drift: readonly Drift[]): Record<string, unknown> {
  return Object.fromEntries(drift.map(({ field, wanted }) => [field, wanted]));
}

function streamConfig(spec: StreamSpec): Partial<StreamConfig> {
  return {
    ...spec,
    subjects: [...spec.subjects],
    storage: StorageType.File,
    retention: spec.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
  };
}

function durableConfig(spec: DurableSpec, startAfter: number): Parameters<JetStreamManager['consumers']['add']>[1] {
  const { filter_subject, max_ack_pending, max_deliver, ack_wait } = spec;
  const from =
    startAfter > 0
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startAfter + 1 }
      : { deliver_policy: DeliverPolicy.All };
  return {
    durable_name: spec.name,
    filter_subject,
    max_ack_pending,
    max_deliver,
    ack_wait,
    ack_policy: AckPolicy.Explicit,
    replay_policy: ReplayPolicy.Instant,
    ...from,
  };
}

function undefinedIf(codes: readonly number[], error: unknown): undefined {
  if (error instanceof JetStreamApiError && codes.includes(error.code)) return undefined;
  throw error;
}
