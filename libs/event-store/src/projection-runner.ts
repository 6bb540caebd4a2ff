import type { RecordedEvent } from '@hub-export/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import type { AppendSignal } from './append-signal.js';
import type { EventStore } from './event-store.js';
import type { Projection } from './projection.js';
import { errorCode, type Report, silent } from './report.js';
import { WorkLoop } from './work-loop.js';

/** Events applied in one transaction. */
export const PROJECTION_BATCH = 500;
/** How often the log is looked at when nothing wakes the runner; a signal that was lost is noticed as often. */
const POLL_MS = 5_000;
/** The same while somebody waits: another process may be the one that moves the view on, and wakes nobody here. */
const POLL_WAITED_FOR_MS = 25;
/**
 * Under load batches begin this far apart while nobody waits: each append would be a batch of its own, in every process.
 * So many may follow each other at once before that, so that a view which has little to do is never late.
 */
const GAP_MS = 50;
const BURST = 20;
/** Readers that may wait at once; more are answered at once that the view is not there yet. */
const WAITING_MAX = 1_000;

export interface ProjectionRunnerOptions {
  readonly store: EventStore;
  /** Of the service, with the view's tables and access to `log.checkpoints`. */
  readonly dataSource: DataSource;
  readonly projection: Projection;
  readonly signal?: AppendSignal;
  readonly report?: Report;
}

/**
 * Keeps one view up to the log. Any number of processes may run the same view: the row of its checkpoint is locked
 * while a batch is applied, so one works and the others follow its position.
 */
export class ProjectionRunner {
  private readonly loop: WorkLoop;
  private readonly waiting = new Set<{ readonly position: number; answer: (reached: boolean) => void }>();
  private readonly report: Report;
  private unsubscribe: () => void = () => undefined;
  private isRecorded = false;
  private isRunning = false;
  /** What batches would have taken at a gap's distance, less the time that has passed; in milliseconds. */
  private aheadMs = 0;
  private lastAt = 0;

  constructor(private readonly options: ProjectionRunnerOptions) {
    this.report = options.report ?? silent;
    this.loop = new WorkLoop({
      // Less than a batch was all there was; what comes later wakes the loop.
      step: async () => (await this.runOnce()).applied === PROJECTION_BATCH,
      idleMs: () => (this.waiting.size > 0 ? POLL_WAITED_FOR_MS : POLL_MS),
      gapMs: () => this.nextGapMs(),
      onFailure: (error, failures) =>
        this.report('projection_failed', { projection: this.name, code: errorCode(error), failures }),
    });
  }

  get name(): string {
    return this.options.projection.name;
  }

  start(): void {
    this.isRunning = true;
    this.unsubscribe = this.options.signal?.subscribe(() => this.loop.wake()) ?? this.unsubscribe;
    this.loop.start();
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    this.unsubscribe();
    await this.loop.stop();
    for (const { answer } of this.waiting) answer(false);
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** Applies at most one batch; nothing where another process is at it. `position` is the view's, after that. */
  async runOnce(): Promise<{ readonly applied: number; readonly position: number }> {
    await this.recordCheckpoint();
    const { position, end } = await this.progress();
    if (position >= end) {
      this.answerWaiting(position);
      return { applied: 0, position };
    }
    const batch = await this.options.dataSource.transaction(async (tx) => {
      const before = await this.lockCheckpoint(tx, 'FOR UPDATE SKIP LOCKED');
      return before === null ? null : this.applyBatch(tx, before);
    });
    const after = batch ?? { applied: 0, position: await this.position() };
    this.answerWaiting(after.position);
    return after;
  }

  /** The global_seq up to which the view holds every event. */
  async position(): Promise<number> {
    return (await this.progress()).position;
  }

  /**
   * True as soon as the view holds everything up to a position; false after `limitMs`, so that a reader may answer
   * "not yet"; and at once where the runner does not run.
   */
  async waitFor(position: number, limitMs: number): Promise<boolean> {
    if ((await this.position()) >= position) return true;
    if (!this.isRunning || this.waiting.size >= WAITING_MAX) return false;
    return new Promise((resolve) => {
      const answer = (reached: boolean): void => {
        clearTimeout(limit);
        this.waiting.delete(waiting);
        resolve(reached);
      };
      const waiting = { position, answer };
      const limit = setTimeout(() => answer(false), limitMs);
      this.waiting.add(waiting);
      this.loop.hurry();
    });
  }

  /**
   * Empties the view and builds it again from the first event, in one transaction: readers see the old view until the
   * new one is whole. Meanwhile the view does not move on, in any process. What comes next is read while the database
   * writes what came before.
   */
  async rebuild(): Promise<{ readonly applied: number; readonly position: number }> {
    const { dataSource, projection, store } = this.options;
    await this.recordCheckpoint();
    const end = await store.position();
    const rebuilt = await dataSource.transaction(async (tx) => {
      await this.lockCheckpoint(tx, 'FOR UPDATE');
      await projection.reset(tx);
      let applied = 0;
      let position = 0;
      for await (const events of readAhead(store, end, projection.rebuildBatch ?? PROJECTION_BATCH)) {
        await projection.apply(events, tx);
        applied += events.length;
        position = events.at(-1)?.globalSeq ?? position;
      }
      await this.moveCheckpoint(tx, position);
      return { applied, position };
    });
    this.answerWaiting(rebuilt.position);
    return rebuilt;
  }

  private nextGapMs(): number {
    const now = performance.now();
    this.aheadMs = Math.min(Math.max(0, this.aheadMs - (now - this.lastAt)) + GAP_MS, (BURST + 1) * GAP_MS);
    this.lastAt = now;
    return this.waiting.size > 0 ? 0 : Math.max(0, this.aheadMs - BURST * GAP_MS);
  }

  /** How far the view is, and the log. */
  private async progress(): Promise<{ readonly position: number; readonly end: number }> {
    const rows = await this.options.dataSource.query<{ position: string | null; end: string }[]>(
      `SELECT (SELECT position FROM log.checkpoints WHERE name = $1) AS position, global_seq AS "end" FROM log.head`,
      [this.name],
    );
    return { position: Number(rows[0]?.position ?? 0), end: Number(rows[0]?.end ?? 0) };
  }

  private async applyBatch(tx: EntityManager, after: number): Promise<{ applied: number; position: number }> {
    const events = await this.options.store.readAll(after, PROJECTION_BATCH);
    const last = events.at(-1);
    if (last === undefined) return { applied: 0, position: after };
    await this.options.projection.apply(events, tx);
    await this.moveCheckpoint(tx, last.globalSeq);
    return { applied: events.length, position: last.globalSeq };
  }

  private async moveCheckpoint(tx: EntityManager, position: number): Promise<void> {
    await tx.query('UPDATE log.checkpoints SET position = $2 WHERE name = $1', [this.name, position]);
  }

  private async lockCheckpoint(
    tx: EntityManager,
    how: 'FOR UPDATE' | 'FOR UPDATE SKIP LOCKED',
  ): Promise<number | null> {
    const rows = await tx.query<{ position: string }[]>(`SELECT position FROM log.checkpoints WHERE name = $1 ${how}`, [
      this.name,
    ]);
    return rows[0] === undefined ? null : Number(rows[0].position);
  }

  private async recordCheckpoint(): Promise<void> {
    if (this.isRecorded) return;
    // Looked for first: an INSERT that meets the row would wait for whoever is just moving it, a rebuild perhaps.
    await this.options.dataSource.query(
      `INSERT INTO log.checkpoints (name, position) SELECT $1::text, 0
         WHERE NOT EXISTS (SELECT FROM log.checkpoints WHERE name = $1) ON CONFLICT DO NOTHING`,
      [this.name],
    );
    this.isRecorded = true;
  }

  private answerWaiting(reached: number): void {
    for (const { position, answer } of this.waiting) if (position <= reached) answer(true);
  }
}

/** The log from its beginning at least to `end`, in batches; while one is at work, the next is being read. */
async function* readAhead(store: EventStore, end: number, size: number): AsyncGenerator<readonly RecordedEvent[]> {
  let reading = readBatch(store, 0, size);
  for (;;) {
    const events = await reading;
    const last = events.at(-1);
    if (last === undefined) return;
    reading = last.globalSeq < end ? readBatch(store, last.globalSeq, size) : Promise.resolve([]);
    // Whoever gives up meanwhile does not ask for it any more.
    reading.catch(() => undefined);
    yield events;
  }
}

/** As many events as asked for, if the log has them; the store gives fewer at a time. */
async function readBatch(store: EventStore, after: number, size: number): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const more = await store.readAll(events.at(-1)?.globalSeq ?? after, size - events.length);
    events.push(...more);
    if (more.length === 0 || events.length >= size) return events;
  }
}
