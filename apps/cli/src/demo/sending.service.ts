import { setTimeout as wait } from 'node:timers/promises';
import { type ApiClient } from '../api/api.client.js';
import type { MarkResults, OrderResults, TransferItem } from '../api/answers.js';
import { followUploads } from './live-lines.client.js';
import { HUB_NODE } from './network.js';
import type { Sample } from './samples.file.js';

/** Longer than the first automatic retries take. */
const COMPLETION_LIMIT_MS = 10 * 60_000;
const POLL_MS = 200;

/** The services as the operator speaks to them, and as the site's own system does. */
export interface DemoCallers {
  readonly marking: ApiClient;
  readonly transfer: ApiClient;
  readonly site: ApiClient;
}

/** A sample with its transfer. */
export interface SampleTransfer {
  readonly sample: Sample;
  readonly transferId: string;
  readonly transferKey: string;
  /** Whether an earlier run had completed it, so that nothing was sent now. */
  readonly wasCompleted: boolean;
}

export interface Sending {
  readonly callers: DemoCallers;
  readonly nodes: Readonly<Record<string, unknown>>;
  readonly samples: readonly Sample[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * What a site does with the product: nodes are recorded, resources reported, marked, queued, and waited for.
 * @throws Error with the reason why a transfer is not going to be completed.
 */
export async function sendSamples(sending: Sending): Promise<readonly SampleTransfer[]> {
  const position = await recordNodes(sending);
  await reportResources(sending, position);
  const transfers = await mark(sending);
  const open = transfers.filter(({ wasCompleted }) => !wasCompleted);
  for (const { sample } of transfers.filter(({ wasCompleted }) => wasCompleted)) {
    sending.say(`${sample.resource_kind}: already completed in an earlier run, nothing is sent again`);
  }
  if (open.length > 0) await queueAndWait(sending, open);
  return transfers;
}

async function recordNodes({ callers, nodes, say }: Sending): Promise<number> {
  let position = 0;
  for (const [key, document] of Object.entries(nodes)) {
    const answer = await callers.transfer.put<{ position: number }>(`/v1/nodes/${key}`, document);
    position = Math.max(position, answer.position);
  }
  say(`Nodes are recorded: ${Object.keys(nodes).join(', ')}`);
  return position;
}

async function reportResources({ callers, samples, say }: Sending, position: number): Promise<void> {
  // The marking-service hears of nodes through the log, and takes resources of a site node it knows.
  await callers.marking.get(`/v1/resources?limit=1&at_least=${position}`);
  for (const { resource_kind, resource_hash, snapshot } of samples) {
    await callers.site.put(`/v1/resources/${resource_kind}/${resource_hash}`, snapshot);
  }
  say(`Resources are reported: ${samples.map(({ resource_kind }) => resource_kind).join(', ')}`);
}

async function mark({ callers, samples, say }: Sending): Promise<readonly SampleTransfer[]> {
  const resources = samples.map(({ resource_kind, resource_hash }) => ({ resource_kind, resource_hash }));
  const marks = await callers.marking.post<MarkResults>('/v1/marks', { target_node_key: HUB_NODE, resources });
  const transfers: SampleTransfer[] = [];
  for (const [index, sample] of samples.entries()) {
    const result = marks.results[index];
    if (result?.transfer_id == null || result.outcome === 'refused') {
      throw new Error(`The ${sample.resource_kind} cannot be marked: ${result?.detail} (${result?.code})`);
    }
    const path = `/v1/transfers/${result.transfer_id}?at_least=${marks.position}`;
    const { transfer_id, transfer_key, status } = await callers.transfer.get<TransferItem>(path);
    say(`${sample.resource_kind}: ${result.outcome === 'marked' ? 'marked' : `marked before, ${status}`}`);
    transfers.push({
      sample,
      transferId: transfer_id,
      transferKey: transfer_key,
      wasCompleted: status === 'completed',
    });
  }
  return transfers;
}

async function queueAndWait(sending: Sending, transfers: readonly SampleTransfer[]): Promise<void> {
  const names = new Map(transfers.map(({ transferId, sample }) => [transferId, sample.resource_kind]));
  const ended = new AbortController();
  const live = followUploads(sending.callers.transfer, { names, say: sending.say, signal: ended.signal });
  try {
    await live.listening;
    const statuses = await Promise.all(transfers.map(({ transferId }) => statusOf(sending, transferId)));
    await order(sending, 'queue', idsWith('marked', statuses));
    await order(sending, 'retry', idsWith('failed', statuses));
    await Promise.all(transfers.map((transfer) => completion(sending, transfer)));
  } finally {
    ended.abort();
    await live.ended;
  }
}

async function order({ callers, say }: Sending, act: 'queue' | 'retry', ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { results } = await callers.transfer.post<OrderResults>(`/v1/transfers/${act}`, { transfer_ids: ids });
  const refused = results.find(({ outcome }) => outcome === 'refused');
  if (refused !== undefined) throw new Error(`A transfer cannot be queued: ${refused.detail} (${refused.code})`);
  say(`Queued for delivery: ${ids.length === 1 ? 'one transfer' : `${ids.length} transfers`}`);
}

/** Waits through automatic retries; a failure that nobody will try again ends the wait. */
async function completion(sending: Sending, { sample, transferId }: SampleTransfer): Promise<void> {
  const { signal, say } = sending;
  const deadline = Date.now() + COMPLETION_LIMIT_MS;
  let told = '';
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    // A service that is being started again does not answer for a moment.
    const transfer = await statusOf(sending, transferId).catch(() => null);
    if (transfer?.status === 'completed') return;
    if (transfer?.status === 'failed') {
      const why = `${sample.resource_kind} failed: ${transfer.failure_class}, ${transfer.failure_code}`;
      if (!transfer.retryable) throw new Error(why);
      const line = `${why}; tried again at ${transfer.not_before}`;
      if (line !== told) say((told = line));
    }
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  throw new Error(`The ${sample.resource_kind} is not completed after ${COMPLETION_LIMIT_MS / 60_000} minutes.`);
}

function statusOf({ callers }: Sending, transferId: string): Promise<TransferItem> {
  return callers.transfer.get<TransferItem>(`/v1/transfers/${transferId}`);
}

function idsWith(status: TransferItem['status'], transfers: readonly TransferItem[]): readonly string[] {
  return transfers.filter((transfer) => transfer.status === status).map(({ transfer_id }) => transfer_id);
}
