import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@hub-export/testing';
import type { AuditAnswer, Evidence } from '../checker/evidence.js';
import { lives } from '../checker/evidence.js';
import { mediaDigests } from './media.file.js';
import { CANARIES, type ProofSite, RETRY } from './proof-site.process.js';

const REST_LIMIT_MS = 120_000;
const STREAM = 'HUB_EXPORT';
/** The folder of a transfer's sealed media; parts that a killed worker left are swept after an hour. */
const IS_TRANSFER = /^[0-9a-f-]{36}$/;

/** Waits until everything that follows from the log has come to rest, and takes all that can be seen then. */
export async function gather(proof: ProofSite): Promise<Evidence> {
  const { site } = proof;
  await proof.allReady();
  const events = await restedLog(proof);
  const answers = new Map<string, AuditAnswer>();
  const bodies: string[] = [];
  for (const id of lives(events).keys()) {
    const answer = (await site.client.done('GET', `${site.audit.url}/v1/audit/transfers/${id}`)) as AuditAnswer;
    answers.set(id, answer);
    bodies.push(JSON.stringify(answer));
  }
  const told = [
    { place: 'audit API', text: bodies.join('\n') },
    { place: 'problems of the APIs', text: await problems(proof) },
    ...(await metrics(proof)),
  ];
  const bus = await busDump(site.nats.url);
  await proof.rest();
  const views = {
    transfer: await states(proof, 'transfer.transfers'),
    marking: await states(proof, 'marking.transfers'),
    audit: await states(proof, 'audit.transfers'),
  };
  const entries = await proof.query<{ global_seq: string; event_id: string }>(
    'SELECT global_seq, event_id FROM audit.entries ORDER BY global_seq',
  );
  const [progress] = await proof.query<{ contiguous_to: string }>('SELECT contiguous_to FROM audit.progress');
  const findings = await proof.query<{ global_seq: string; code: string }>(
    'SELECT global_seq, code FROM audit.findings ORDER BY global_seq, code',
  );
  const leases = await proof.query<{ name: string }>(
    `SELECT name FROM log.leases WHERE holder IS NOT NULL AND expires_at > clock_timestamp() AND name ~ '^(transfer|slot):'`,
  );
  return {
    events,
    journal: await site.control.journal(),
    requests: await site.control.requests(),
    bus: bus.map(({ sequence, id, globalSeq }) => ({ sequence, id, globalSeq })),
    orders: proof.orders,
    probes: proof.probes,
    expectations: proof.expectations,
    views,
    audit: {
      entries: entries.map(({ global_seq, event_id: id }) => ({ globalSeq: Number(global_seq), id })),
      contiguousTo: Number(progress?.contiguous_to),
      findings: findings.map(({ global_seq, code }) => `${code} at ${global_seq}`),
      answers,
    },
    told: [
      ...told,
      { place: 'bus', text: bus.map(({ text }) => text).join('\n') },
      { place: 'log of events', text: JSON.stringify(events) },
      ...(await logs(site.folder)),
    ],
    canaries: [...CANARIES, ...(await secrets(proof))],
    media: { before: proof.mediaBefore, after: await mediaDigests(site.folder) },
    stagedFor: (await readdir(join(site.folder, 'staging')).catch(() => [])).filter((name) => IS_TRANSFER.test(name)),
    leasesHeld: leases.map(({ name }) => name),
    unorderedExits: proof.unorderedExits,
    retry: RETRY,
  };
}

/** The log when bus, views and audit have followed it to its end. */
async function restedLog(proof: ProofSite): Promise<Evidence['events']> {
  return eventually(
    async () => {
      const events = await proof.events();
      const [row] = await proof.query<{ audit: string; views: string | null }>(
        `SELECT (SELECT contiguous_to FROM audit.progress) AS audit, (SELECT min(position) FROM log.checkpoints) AS views`,
      );
      if (Number(row?.audit) !== events.length) throw new Error(`the audit is at ${row?.audit} of ${events.length}`);
      if (Number(row?.views) !== events.length) throw new Error(`a view is at ${row?.views} of ${events.length}`);
      const held = await busEnd(proof.site.nats.url);
      if (held !== events.length) throw new Error(`the bus is at ${held} of ${events.length}`);
      return events;
    },
    { what: 'everything has followed the log', withinMs: REST_LIMIT_MS },
  );
}

async function busEnd(url: string): Promise<number> {
  const connection = await connect({ servers: url });
  try {
    return (await (await jetstreamManager(connection)).streams.info(STREAM)).state.last_seq;
  } finally {
    await connection.close();
  }
}

async function busDump(url: string) {
  const connection = await connect({ servers: url });
  try {
    const { messages, last_seq } = (await (await jetstreamManager(connection)).streams.info(STREAM)).state;
    const dump: { sequence: number; id: string; globalSeq: number; text: string }[] = [];
    if (messages === 0) return dump;
    const consumer = await jetstream(connection).consumers.get(STREAM);
    for await (const message of await consumer.consume()) {
      const text = message.string();
      const { id, globalseq } = JSON.parse(text) as { id: string; globalseq: number };
      dump.push({ sequence: message.seq, id, globalSeq: Number(globalseq), text });
      if (message.seq >= last_seq) break;
    }
    return dump;
  } finally {
    await connection.close();
  }
}

async function states(proof: ProofSite, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = await proof.query<{ transfer_id: string; status: string }>(`SELECT transfer_id, status FROM ${table}`);
  return new Map(rows.map(({ transfer_id, status }) => [transfer_id, status]));
}

/** Answers to bad questions, which must not hold what they were asked with. */
async function problems({ site }: ProofSite): Promise<string> {
  const [patient] = CANARIES;
  const asked = [
    site.client.call('PUT', `${site.marking.url}/v1/resources/report/${'e'.repeat(64)}`, { file_name: patient.text }),
    site.client.call('POST', `${site.transfer.url}/v1/transfers/queue`, { transfer_ids: [patient.text] }),
    site.client.call('GET', `${site.audit.url}/v1/audit/transfers/${'0'.repeat(8)}-none`),
  ];
  return JSON.stringify((await Promise.all(asked)).map(({ body }) => body as unknown));
}

async function metrics({ processes }: ProofSite) {
  return Promise.all(
    processes.map(async ({ name, url }) => ({
      place: `metrics of ${name}`,
      text: await (await fetch(`${url}/metrics`)).text(),
    })),
  );
}

async function logs(folder: string) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  return Promise.all(names.map(async (name) => ({ place: name, text: await readFile(join(folder, name), 'utf8') })));
}

async function secrets({ site }: ProofSite) {
  const secret = (await readFile(join(site.folder, 'secrets/node-secret'), 'utf8')).trim();
  const key = await readFile(join(site.folder, 'secrets/client.key'), 'utf8');
  return [
    { name: 'secret of the node', text: secret },
    { name: 'private key', text: key.split('\n')[1] ?? '' },
    { name: 'path of the secrets', text: join(site.folder, 'secrets') },
    { name: 'password of the database', text: new URL(site.database.url).password },
  ].filter(({ text }) => text.length >= 8);
}
