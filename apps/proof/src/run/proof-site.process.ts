import type { HubProfile, RecordedEvent } from '@hub-export/contracts';
import type { JournalRecord } from '@hub-export/hub-simulator';
import { eventually } from '@hub-export/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { type Expectation, type Order, textOf, type Time } from '../checker/evidence.js';
import { stateOf } from '../checker/log-checks.js';
import type { HubFault } from '../plan/hub-fault.js';
import type { ServiceProcess } from '../site/service.process.js';
import { type SiteResource, snapshotOf } from '../site/site-resource.js';
import { Site } from '../site/site.process.js';

/** A service that waits less than it would at a clinic, so that faults are met and mended within seconds. */
export const RETRY = { attemptsMax: 8, capMs: 500 } as const;
const HASTE = {
  RETRY_BASE_MS: '50',
  RETRY_CAP_MS: String(RETRY.capMs),
  RETRY_ATTEMPTS_MAX: String(RETRY.attemptsMax),
  LEASE_MS: '1500',
  SWEEP_INTERVAL_MS: '100',
  HUB_ANSWER_TIMEOUT_MS: '1200',
};

/** What is planted, and must be found nowhere. */
export const CANARIES = [
  { name: 'name of a patient', text: 'Canaria-Musterfrau' },
  { name: 'date of birth', text: '1931-04-17' },
  { name: 'name of a file', text: 'canary-original-file' },
  { name: 'folder of the media', text: 'canary-folder' },
  { name: 'text of the hub', text: 'canary-hub-text' },
] as const;
const [PATIENT, BIRTH, FILE, FOLDER] = CANARIES;

const POLL_MS = 20;
/** Generous, since whom it is given to may be killed again and again on a busy machine. */
const ORDER_LIMIT_MS = 180_000;

/** A site whose every move is noted: what was ordered, what must come of it, and which end of a process was ours. */
export class ProofSite {
  readonly orders: Order[] = [];
  readonly probes: Time[] = [];
  readonly expectations: Expectation[] = [];
  readonly unorderedExits: string[] = [];
  /** What each file must hold in the end, by its path; whoever changes one on purpose says so here. */
  readonly mediaBefore = new Map<string, string>();
  private readonly pool: pg.Pool;
  private readonly seen: RecordedEvent[] = [];
  private keeping: Promise<void> = Promise.resolve();
  private closing = false;
  private journalSeen = 0;

  private constructor(readonly site: Site) {
    this.pool = new pg.Pool({ connectionString: site.database.url, max: 2, application_name: 'proof' });
    this.pool.on('error', () => undefined);
  }

  /** `workers` transfer-services, all running and ready, and started again whenever they end. */
  static async start(workers: 1 | 2, compileCache: string, profile: HubProfile): Promise<ProofSite> {
    const speed = { NODE_COMPILE_CACHE: compileCache };
    const site = await Site.start({
      profile,
      mediaFolder: FOLDER.text,
      variables: {
        'marking-service': speed,
        'transfer-service': { ...speed, ...HASTE },
        'audit-service': speed,
      },
    });
    const proof = new ProofSite(site);
    if (workers === 2) await site.ready(await site.anotherSender());
    proof.keeping = proof.keepRunning();
    return proof;
  }

  get processes(): readonly ServiceProcess[] {
    return [this.site.marking, ...this.site.senders, this.site.audit];
  }

  /** Reports a resource with what must never be told, marks it and queues it; each order is said until it is answered. */
  async begin(
    kind: 'report' | 'video',
    bytes: number,
    fault: HubFault,
    expectation: Pick<Expectation, 'end' | 'cell'>,
  ) {
    const resource = await this.report(kind, bytes);
    this.expect(resource, fault, expectation);
    await this.site.control.addFaults(...fault.rules(resource.transferKey));
    await this.mark(resource);
    await this.queue(resource);
    return resource;
  }

  async report(kind: 'report' | 'video', bytes: number): Promise<SiteResource> {
    const resource = await this.site.resource(kind, bytes);
    this.mediaBefore.set(resource.mediaFile, resource.mediaSha256);
    await this.order('report', resource, 'PUT', `${this.site.marking.url}/v1/resources/${kind}/${resource.hash}`, {
      ...planted(snapshotOf(resource)),
    });
    return resource;
  }

  expect(resource: SiteResource, fault: HubFault, { end, cell }: Pick<Expectation, 'end' | 'cell'>): void {
    const { transferKey, transferId, hash: resourceHash, mediaSha256 } = resource;
    const hubLies = fault.end === 'stopped';
    this.expectations.push({ transferKey, transferId, resourceHash, mediaSha256, end, hubLies, cell });
  }

  mark(resource: SiteResource): Promise<void> {
    const resources = [{ resource_kind: resource.kind, resource_hash: resource.hash }];
    return this.order('mark', resource, 'POST', `${this.site.marking.url}/v1/marks`, { resources });
  }

  queue(resource: SiteResource): Promise<void> {
    const { transferId } = resource;
    return this.order('queue', resource, 'POST', () => `${this.aSender().url}/v1/transfers/queue`, {
      transfer_ids: [transferId],
    });
  }

  /** How a transfer ended, as the log tells; `null` while it has not. */
  async endOf({ transferId }: SiteResource): Promise<'completed' | 'stopped' | null> {
    const life = (await this.events()).filter(({ streamId }) => streamId === `transfer-${transferId}`);
    const state = stateOf(life);
    if (state === 'completed') return 'completed';
    const failure = life.findLast(({ type }) => type === 'TransferFailed');
    return state === 'failed' && failure?.data['retryable'] === false ? 'stopped' : null;
  }

  /** @throws where it does not come to an end in time; then it says where it stands. */
  async ended(resource: SiteResource, withinMs: number): Promise<'completed' | 'stopped'> {
    const limit = performance.now() + withinMs;
    for (;;) {
      const end = await this.endOf(resource).catch(() => null);
      if (end !== null) return end;
      if (performance.now() > limit) throw new Error(`Not ended after ${withinMs} ms: ${await this.lifeOf(resource)}`);
      await wait(POLL_MS);
    }
  }

  /** The code of the failure that a transfer met last; `null` where it met none. */
  async failureOf({ transferId }: SiteResource): Promise<string | null> {
    const failure = (await this.events()).findLast(
      ({ type, streamId }) => type === 'TransferFailed' && streamId === `transfer-${transferId}`,
    );
    return failure === undefined ? null : textOf(failure.data['code']);
  }

  async lifeOf({ transferId }: SiteResource): Promise<string> {
    const life = (await this.events().catch(() => [])).filter(({ streamId }) => streamId === `transfer-${transferId}`);
    return life
      .map(({ type, data }) => (data['code'] === undefined ? type : `${type}(${textOf(data['code'])})`))
      .join(' ');
  }

  /** The whole log, of which only what is new is read. */
  async events(): Promise<readonly RecordedEvent[]> {
    // The database may just be away, which is no news to anybody here.
    const { rows } = await eventually(() => this.pool.query<EventRow>(EVENTS_AFTER, [this.seen.length]), {
      what: 'the log is read',
      withinMs: 20_000,
    });
    for (const row of rows) if (Number(row.global_seq) === this.seen.length + 1) this.seen.push(recorded(row));
    return this.seen;
  }

  query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.pool.query<Row>(sql, [...values]).then(({ rows }) => rows);
  }

  /** Waits for an entry of the hub's journal, behind a place in it. */
  async journalTells(since: number, like: (entry: JournalRecord) => boolean, withinMs: number): Promise<boolean> {
    const limit = performance.now() + withinMs;
    for (let after = since; performance.now() < limit; await wait(POLL_MS / 2)) {
      const entries = await this.site.control.journal(after);
      if (entries.some(like)) return true;
      after = entries.at(-1)?.seq ?? after;
    }
    return false;
  }

  /** The end of the hub's journal. */
  async journalEnd(): Promise<number> {
    this.journalSeen = (await this.site.control.journal(this.journalSeen)).at(-1)?.seq ?? this.journalSeen;
    return this.journalSeen;
  }

  /** The sender in whose hands an attempt is now. */
  async busySender(): Promise<ServiceProcess> {
    for (const sender of this.site.senders) {
      const metrics = await fetch(`${sender.url}/metrics`).then(
        (response) => response.text(),
        () => '',
      );
      if (/^transfer_attempts_underway(\{[^}]*\})? [1-9]/m.test(metrics)) return sender;
    }
    return this.site.transfer;
  }

  /** A person asks the hub and finds it well, so that the next cell need not wait for the circuit's own question. */
  async closeCircuit(): Promise<void> {
    await eventually(
      async () => {
        const url = `${this.aSender().url}/v1/nodes/hub/probe`;
        const from = new Date().toISOString();
        try {
          return ((await this.site.client.done('POST', url, {})) as { reachable: boolean }).reachable;
        } finally {
          this.probes.push({ from, to: new Date().toISOString() });
        }
      },
      { what: 'the hub is found well', withinMs: 30_000 },
    );
  }

  /** Waits until the sender has found out by itself that the hub is well. */
  async circuitClosed(withinMs: number): Promise<void> {
    await eventually(
      async () => {
        const url = `${this.aSender().url}/v1/nodes/hub`;
        const { circuit } = (await this.site.client.done('GET', url)) as { circuit: { status: string } };
        return circuit.status === 'closed';
      },
      { what: 'the circuit is closed', withinMs },
    );
  }

  async allReady(): Promise<void> {
    for (const service of this.processes) await this.site.ready(service);
  }

  /** Lets the processes end for good; nothing is started again. */
  async rest(): Promise<void> {
    this.closing = true;
    await this.keeping;
    for (const service of this.processes) {
      await service.close();
    }
  }

  async close(): Promise<void> {
    if (!this.closing) await this.rest();
    await this.pool.end();
    await this.site.close();
  }

  private aSender(): ServiceProcess {
    return this.site.senders.find(({ isRunning }) => isRunning) ?? this.site.transfer;
  }

  /** What a supervisor does: whatever ended is started again. Ends that nobody ordered are noted. */
  private async keepRunning(): Promise<void> {
    while (!this.closing) {
      for (const service of this.processes) {
        if (service.isRunning) continue;
        // Nobody but us sends this signal: at a crash point, or from outside.
        if (!service.isTold && service.endedBy !== 'SIGKILL')
          this.unorderedExits.push(`${service.name} ended by itself`);
        service.start();
      }
      await wait(POLL_MS);
    }
  }

  private async order(
    type: Order['type'],
    { transferId, hash: resourceHash }: SiteResource,
    method: 'POST' | 'PUT',
    url: string | (() => string),
    body: unknown,
  ): Promise<void> {
    let key = randomUUID();
    const limit = performance.now() + ORDER_LIMIT_MS;
    for (let outcome: Order['outcome'] = 'ok'; ; outcome = 'unknown') {
      const answer = await this.site.client
        .call(method, typeof url === 'string' ? url : url(), body, key)
        .catch(() => null);
      if (answer?.status === 200) {
        const [result] = (answer.body as { results?: readonly { outcome: string; code?: string }[] }).results ?? [];
        const retried =
          result?.outcome === 'refused' &&
          ['not_ready', 'unknown_transfer', 'unknown_target'].includes(result.code ?? '');
        if (!retried) {
          if (result?.outcome === 'refused') throw new Error(`${type} was refused: ${result.code}`);
          this.orders.push({ type, transferId, resourceHash, outcome });
          return;
        }
        // Said again it would be the same refused order.
        key = randomUUID();
      }
      if (performance.now() > limit) throw new Error(`${type} found no answer; at last ${answer?.status ?? 'none'}`);
      await wait(POLL_MS * 2);
    }
  }
}

/** A snapshot with a name, a birth date, a file name and a path in every place that can hold one. */
function planted(snapshot: ReturnType<typeof snapshotOf>) {
  const { raw_pdf_file } = snapshot.rows;
  const anonymized_text = `Colonoscopy of ${PATIENT.text}, born ${BIRTH.text}. No findings.`;
  const rows = raw_pdf_file ? { ...snapshot.rows, raw_pdf_file: { ...raw_pdf_file, anonymized_text } } : snapshot.rows;
  return { ...snapshot, rows, file_name: `${FILE.text}-${PATIENT.text}.pdf` };
}

interface EventRow {
  readonly global_seq: string;
  readonly stream_id: string;
  readonly version: string;
  readonly event_id: string;
  readonly type: string;
  readonly data: RecordedEvent['data'];
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly recorded_at: string;
  readonly hash: string;
}

const EVENTS_AFTER = `SELECT global_seq, stream_id, version, event_id, type, data, correlation_id, causation_id,
  to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at, encode(hash, 'hex') AS hash
  FROM log.events WHERE global_seq > $1 ORDER BY global_seq`;

function recorded(row: EventRow): RecordedEvent {
  return {
    globalSeq: Number(row.global_seq),
    streamId: row.stream_id,
    version: Number(row.version),
    id: row.event_id,
    type: row.type,
    data: row.data,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    recordedAt: row.recorded_at,
    hash: row.hash,
  };
}
