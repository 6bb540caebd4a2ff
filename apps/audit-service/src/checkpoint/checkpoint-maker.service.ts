import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Log } from '@hub-export/http-edge';
import {
  type AnchoredCheckpoint,
  type AnchorFile,
  type IntroducedKey,
  isSameHash,
  NoteFault,
  openCheckpoint,
  rawPublicKey,
  signCheckpoint,
  verifierKeyText,
} from '@hub-export/transparency-log';
import { insertFindings, type Queries } from '../entry/entry.table.js';
import type { FindingCode } from '../integrity/integrity.js';
import type { TreeService } from '../tree/tree.service.js';
import {
  checkpointsAfter,
  contiguousTo,
  insertCheckpoint,
  insertKey,
  latestCheckpoint,
  type StoredCheckpoint,
  storedKeys,
  takeTurn,
} from './checkpoint.table.js';
import { type CheckpointRule, dueSize } from './due.js';

/** By what checkpoints are signed. */
export interface CheckpointSigning {
  readonly origin: string;
  readonly privateKey: KeyObject;
  /** Of keys that signed earlier. */
  readonly retiredKeys: readonly KeyObject[];
}

/** What one step did. */
export interface Made {
  /** Of the checkpoint; null where none was due, or none could be made. */
  readonly size: number | null;
  readonly note: string;
  /** False where it was restored from the sink. */
  readonly isNew: boolean;
  readonly trouble: Trouble | null;
  readonly anchoredBeyond: number;
}

/** Why no checkpoint is made: what was signed before does not fit what is there, or a key is not known. */
type Trouble = 'unknown_key' | Extract<FindingCode, 'anchor_mismatch' | 'checkpoint_mismatch' | 'checkpoint_forged'>;

/**
 * Makes one checkpoint after the other: first those again that the sink knows and the record does not, so that a record
 * that was rebuilt has the very same; then new ones. Never one over a record that contradicts an earlier one.
 */
export class CheckpointMaker {
  private readonly keys: readonly KeyObject[];
  private readonly startedAt = Date.now();
  /** Of the sink, beyond what the record has; ascending. */
  private pending: AnchoredCheckpoint[] = [];
  private introduced: IntroducedKey[] = [];
  private anchoredTo = 0;

  constructor(
    private readonly signing: CheckpointSigning,
    private readonly tree: TreeService,
    private readonly sink: AnchorFile,
    private readonly rule: CheckpointRule,
    private readonly log: Log,
  ) {
    this.keys = [createPublicKey(signing.privateKey), ...signing.retiredKeys];
  }

  /**
   * The next checkpoint, if one is due and it is our turn. It is in the sink before it is in the record: what a crash
   * leaves between the two is restored.
   * @throws what the file system or the database says.
   */
  async next(tx: Queries): Promise<Made> {
    if (!(await takeTurn(tx))) return NONE;
    const last = await latestCheckpoint(tx);
    const end = await contiguousTo(tx);
    await this.readSink(last?.size ?? 0);
    const anchoredBeyond = Math.max(0, this.anchoredTo - end);
    const done = (made: Partial<Made>): Made => ({ ...NONE, anchoredBeyond, ...made });
    const [anchor] = this.pending;
    if (anchor !== undefined) return done(anchor.size > end ? {} : await this.restore(anchor, tx));
    await this.refillSink(tx);
    const lastAt = last === null ? this.startedAt : Date.parse(last.anchoredAt);
    const size = dueSize(this.rule, { lastSize: last?.size ?? 0, lastAt, contiguousTo: end, now: Date.now() });
    if (size === null) return done({});
    const trouble = last === null ? null : await this.contradiction(last, 'checkpoint_mismatch', tx);
    return done(trouble === null ? await this.sign(size, tx) : { trouble });
  }

  private async readSink(recorded: number): Promise<void> {
    // What was taken away while we run is filled again, as what is missing at the start is.
    if (await this.sink.hasLost()) [this.pending, this.introduced, this.anchoredTo] = [[], [], 0];
    for await (const line of this.sink.added()) {
      if (line.kind === 'key') this.introduced.push(line);
      else if (line.kind === 'checkpoint') {
        this.pending.push(line);
        this.anchoredTo = Math.max(this.anchoredTo, line.size);
      }
    }
    this.pending = this.pending.filter(({ size }) => size > recorded).sort((one, other) => one.size - other.size);
  }

  private async restore(anchor: AnchoredCheckpoint, tx: Queries): Promise<Partial<Made>> {
    const { size, note, anchored_at: anchoredAt } = anchor;
    const keyId = keyIdOf(note);
    const trouble = await this.contradiction({ size, note, keyId, anchoredAt }, 'anchor_mismatch', tx);
    if (trouble !== null) return { trouble };
    for (const { key, size: fromSize, introduced_at: introducedAt } of this.introduced) {
      const verifierKey = key;
      if (fromSize <= size) await insertKey({ keyId: idOfKey(key), verifierKey, fromSize, introducedAt }, tx);
    }
    await insertCheckpoint({ size, note, keyId, anchoredAt }, tx);
    return { size, note };
  }

  /** What speaks against a checkpoint: its signature, or the tree. Told as a finding. */
  private async contradiction(
    { size, note }: StoredCheckpoint,
    code: 'anchor_mismatch' | 'checkpoint_mismatch',
    tx: Queries,
  ): Promise<Trouble | null> {
    const opened = this.open(note);
    if (opened === 'unknown_key') return opened;
    const fault = opened === null || opened.size !== size ? 'checkpoint_forged' : code;
    const root = await this.tree.root(size, tx);
    if (opened !== null && fault === code && isSameHash(root, opened.root)) return null;
    await insertFindings(tx, [{ global_seq: size, code: fault }]);
    return fault;
  }

  private open(note: string): ReturnType<typeof openCheckpoint> | 'unknown_key' | null {
    try {
      return openCheckpoint(note, this.keys, this.signing.origin);
    } catch (error) {
      if (!(error instanceof NoteFault)) throw error;
      return error.code === 'unknown_key' ? 'unknown_key' : null;
    }
  }

  private async sign(size: number, tx: Queries): Promise<Partial<Made>> {
    const { origin, privateKey } = this.signing;
    const note = signCheckpoint({ origin, size, root: await this.tree.root(size, tx) }, privateKey);
    const anchoredAt = new Date().toISOString();
    await this.introduceKey(size, anchoredAt, tx);
    await this.sink.append({ kind: 'checkpoint', size, anchored_at: anchoredAt, note });
    await insertCheckpoint({ size, note, keyId: keyIdOf(note), anchoredAt }, tx);
    return { size, note, isNew: true };
  }

  /** The first checkpoint of a key is preceded by the fact that it signs from here on. */
  private async introduceKey(fromSize: number, introducedAt: string, tx: Queries): Promise<void> {
    const { origin, privateKey } = this.signing;
    const verifierKey = verifierKeyText(origin, rawPublicKey(createPublicKey(privateKey)));
    const isNew = await insertKey({ keyId: idOfKey(verifierKey), verifierKey, fromSize, introducedAt }, tx);
    if (!isNew) return;
    await this.sink.append({ kind: 'key', size: fromSize, introduced_at: introducedAt, key: verifierKey });
    this.log.info({ event: 'audit_checkpoint_key_introduced', position: fromSize });
  }

  /** A sink that was lost is filled again with what the record has; what is not by our keys is left out. */
  private async refillSink(tx: Queries): Promise<void> {
    const lost = await checkpointsAfter(this.anchoredTo, REFILL_BATCH, tx);
    if (lost.length === 0) return;
    if (this.anchoredTo === 0) {
      for (const { verifierKey: key, fromSize: size, introducedAt: introduced_at } of await storedKeys(tx)) {
        await this.sink.append({ kind: 'key', size, introduced_at, key });
      }
    }
    for (const { size, note, anchoredAt: anchored_at } of lost) {
      const opened = this.open(note);
      if (opened !== null && opened !== 'unknown_key') {
        await this.sink.append({ kind: 'checkpoint', size, anchored_at, note });
      }
      this.anchoredTo = size;
    }
    this.log.warn({ event: 'audit_sink_refilled', count: lost.length });
  }
}

const REFILL_BATCH = 1_000;
const NONE: Made = { size: null, note: '', isNew: false, trouble: null, anchoredBeyond: 0 };

function keyIdOf(note: string): string {
  const base64 = /— \S+ ([A-Za-z0-9+/=]+)\n$/.exec(note)?.[1] ?? '';
  return Buffer.from(base64, 'base64').subarray(0, 4).toString('hex');
}

function idOfKey(verifierKey: string): string {
  return verifierKey.split('+')[1] ?? '';
}
