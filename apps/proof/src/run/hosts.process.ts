import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type HubFault, NO_FAULT } from '../plan/hub-fault.js';
import { textOf } from '../checker/evidence.js';
import type { ServiceProcess } from '../site/service.process.js';
import type { SiteResource } from '../site/site-resource.js';
import type { Trial } from './lane.process.js';
import type { ProofSite } from './proof-site.process.js';
import { require, trial } from './trial.process.js';

const END_LIMIT_MS = 90_000;
const MOMENT_LIMIT_MS = 20_000;
const UPLOAD_BYTES = 3 * 1024 * 1024 + 100_000;
/** "one command stops new requests and aborts running uploads within 2 s". */
const EGRESS_LIMIT_MS = 2_000;
/** So that an upload takes as long as a busy machine needs to stop it, in bytes per second. */
const SLOW_UPLOAD = 128 * 1024;
/** Longer than a sleeping lease, and than two rounds of the sender. */
const QUIET_MS = 1_800;

/** Media that changes under the sender's hands: no wrong body may be taken, and the transfer stops. */
export function mediaTrials(): readonly Trial[] {
  return [
    media('media replaced before the upload', 'before', async (proof, resource) => {
      const other = await readFile(resource.mediaFile);
      other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
      await writeFile(`${resource.mediaFile}.new`, other);
      await rename(`${resource.mediaFile}.new`, resource.mediaFile);
      proof.mediaBefore.set(resource.mediaFile, digestOf(other));
    }),
    media('media deleted before the upload', 'before', async (proof, { mediaFile }) => {
      await unlink(mediaFile);
      proof.mediaBefore.delete(mediaFile);
    }),
    media('media replaced by a link', 'before', async (proof, { mediaFile }) => {
      await rename(mediaFile, `${mediaFile}.aside`);
      await symlink(`${mediaFile}.aside`, mediaFile);
      proof.mediaBefore.set(`${mediaFile}.aside`, proof.mediaBefore.get(mediaFile) ?? '');
      proof.mediaBefore.delete(mediaFile);
    }),
    media('folder of the media away', 'before', async (_proof, { mediaFile }) => {
      await rename(dirname(mediaFile), `${dirname(mediaFile)}-away`);
      return () => rename(`${dirname(mediaFile)}-away`, dirname(mediaFile));
    }),
    media('media truncated during the upload', 'during', async (proof, { mediaFile }) => {
      await truncate(mediaFile, UPLOAD_BYTES / 2);
      proof.mediaBefore.set(mediaFile, digestOf(await readFile(mediaFile)));
    }),
    media('media changed during the upload', 'during', async (proof, { mediaFile }) => {
      const other = await readFile(mediaFile);
      other.fill(7, UPLOAD_BYTES - 50_000);
      await writeFile(mediaFile, other);
      proof.mediaBefore.set(mediaFile, digestOf(other));
    }),
  ];
}

/** Signals and the switch, with one worker or two. */
export function signalTrials(workers: 1 | 2): readonly Trial[] {
  const points = ['after-RegistrationStarted', 'after-UploadStarted', 'media-piece-sent', 'before-TransferCompleted'];
  return [
    ...points.map((point) =>
      trial('signals', `SIGSTOP and resume, ${point}, ${workers}`, (proof) => stopAndResume(proof, point, workers)),
    ),
    trial('signals', `SIGTERM in mid-upload, ${workers}`, handOver),
    trial('egress', `egress stopped during an upload, ${workers}`, stopEgress),
  ];
}

function media(
  name: string,
  when: 'before' | 'during',
  act: (proof: ProofSite, resource: SiteResource) => Promise<void | (() => Promise<void>)>,
): Trial {
  return trial('media', name, async (proof) => {
    const resource = await proof.report('video', UPLOAD_BYTES);
    proof.expect(resource, NO_FAULT, { end: 'stopped', cell: name });
    let mend: void | (() => Promise<void>) = undefined;
    if (when === 'before') mend = await act(proof, resource);
    else await proof.site.control.addFaults(...throttled(1024 * 1024).rules(resource.transferKey));
    await proof.mark(resource);
    await proof.queue(resource);
    if (when === 'during') {
      await uploadBegun(proof, resource);
      await act(proof, resource);
    }
    try {
      await proof.ended(resource, END_LIMIT_MS);
    } finally {
      await mend?.();
    }
    return { recoveryMs: null };
  });
}

async function stopAndResume(proof: ProofSite, point: string, workers: 1 | 2) {
  const { site } = proof;
  await site.orderCrash('transfer-service', point, { signal: 'SIGSTOP' });
  const resource = await proof.begin('video', UPLOAD_BYTES, NO_FAULT, { end: 'completed', cell: `SIGSTOP ${point}` });
  const stopped = await stoppedSender(proof);
  const since = performance.now();
  try {
    // With another worker the transfer is taken over and completed while this one sleeps.
    if (workers === 2) await proof.ended(resource, END_LIMIT_MS);
    else await pause(QUIET_MS);
  } finally {
    stopped.freeze('SIGCONT');
  }
  await proof.ended(resource, END_LIMIT_MS);
  const before = await proof.lifeOf(resource);
  await proof.site.ready(stopped);
  require((await proof.lifeOf(resource)) === before, 'The worker that woke late wrote to a transfer that was over.');
  return { recoveryMs: Math.round(performance.now() - since) };
}

async function handOver(proof: ProofSite) {
  const resource = await proof.begin('video', UPLOAD_BYTES, throttled(1024 * 1024), {
    end: 'completed',
    cell: 'SIGTERM',
  });
  await uploadBegun(proof, resource);
  const sender = await proof.busySender();
  const told = performance.now();
  const code = await sender.end('SIGTERM');
  const ended = performance.now() - told;
  require(code === 0, `It ended with ${code}.`);
  require(ended < 5_000, `It took ${Math.round(ended)} ms to end, though an upload was under way.`);
  await proof.ended(resource, END_LIMIT_MS);
  return { recoveryMs: Math.round(performance.now() - told) };
}

async function stopEgress(proof: ProofSite) {
  const { site } = proof;
  const turn = (how: 'stop' | 'resume') =>
    site.client.done('POST', `${site.senders.find(({ isRunning }) => isRunning)?.url}/v1/egress/${how}`, {});
  const expectation = { end: 'completed', cell: 'egress' } as const;
  await proof.allReady();
  // Our own bandwidth, not a slow hub: what lies in a slow hub's buffers moves by fits and starts, and times out.
  await site.recordHub({ bandwidth_bytes_per_second: SLOW_UPLOAD });
  const resource = await proof.begin('video', UPLOAD_BYTES, NO_FAULT, expectation);
  await uploadBegun(proof, resource);
  const told = Date.now();
  await turn('stop');
  try {
    const story = await mediaEnded(proof, resource);
    const lastByte = Date.parse(story.ended_at ?? '') - told;
    require(lastByte <= EGRESS_LIMIT_MS, `The last byte came ${lastByte} ms after the stop.`);
    require(story.commit === null, 'The hub took the media all the same.');
    const failed = (await proof.events()).findLast(
      ({ type, streamId }) => type === 'TransferFailed' && streamId === `transfer-${resource.transferId}`,
    );
    require(failed?.data['code'] === 'egress_stopped', `It failed with ${textOf(failed?.data['code'])}.`);
    require(Number(failed?.data['bytes_sent']) > 0, 'What had left was not recorded.');
    await site.recordHub();
    const other = await proof.begin('report', 16 * 1024, NO_FAULT, expectation);
    const since = await proof.journalEnd();
    await pause(QUIET_MS);
    await site.transfer.end('SIGKILL');
    await pause(QUIET_MS);
    for (const sender of site.senders) await site.ready(sender);
    await pause(QUIET_MS);
    require((await site.control.journal(since)).length === 0, 'A request left the house while egress was stopped.');
    await turn('resume');
    const resumed = performance.now();
    await proof.ended(other, END_LIMIT_MS);
    await proof.ended(resource, END_LIMIT_MS);
    return { recoveryMs: Math.round(performance.now() - resumed) };
  } finally {
    await site.recordHub();
    await turn('resume');
  }
}

function throttled(bytes_per_second: number): HubFault {
  const rules = (transfer_key: string) =>
    [{ step: 'media', transfer_key, action: { type: 'throttle', bytes_per_second } }] as const;
  return { ...NO_FAULT, name: 'slow hub', step: 'media', rules };
}

async function uploadBegun(proof: ProofSite, { transferKey }: SiteResource): Promise<void> {
  const begun = await proof.journalTells(
    0,
    (entry) => entry.type === 'RequestBegun' && entry.step === 'media' && entry.transfer_key === transferKey,
    MOMENT_LIMIT_MS,
  );
  require(begun, 'No upload began.');
  // So that some of it has left.
  await pause(300);
}

async function mediaEnded(proof: ProofSite, resource: SiteResource) {
  const { transferKey: transfer_key, transferId } = resource;
  for (const limit = performance.now() + MOMENT_LIMIT_MS; performance.now() < limit; await pause(20)) {
    const [story] = await proof.site.control.requests({ step: 'media', transfer_key });
    const told = (await proof.events()).some(
      ({ type, streamId, data }) =>
        type === 'TransferFailed' && streamId === `transfer-${transferId}` && data['code'] === 'egress_stopped',
    );
    if (story !== undefined && story.ended_at !== null && told) return story;
  }
  throw new Error(`The upload went on: ${await proof.lifeOf(resource)}`);
}

/** The transfer-service that was stopped where it stood. */
async function stoppedSender({ site }: ProofSite): Promise<ServiceProcess> {
  for (const limit = performance.now() + MOMENT_LIMIT_MS; performance.now() < limit; await pause(10)) {
    const stopped = site.senders.find(({ pid }) => pid !== undefined && stateOfProcess(pid) === 'T');
    if (stopped !== undefined) return stopped;
  }
  await site.withdrawCrash('transfer-service');
  throw new Error('No sender came by the point.');
}

/** The letter that Linux gives a process's state; elsewhere it is not told. */
function stateOfProcess(pid: number): string {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
