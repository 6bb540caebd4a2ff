import { createPublicKey } from 'node:crypto';
import type { Log } from '@hub-export/http-edge';
import { accessOrigin } from '@hub-export/record-verification';
import { type AnchorFile, NoteFault, openCheckpoint, signCheckpoint } from '@hub-export/transparency-log';
import type { CheckpointSigning } from '../checkpoint/checkpoint-maker.service.js';
import { type CheckpointRule, dueSize } from '../checkpoint/due.js';
import type { Queries } from '../entry/entry.table.js';

/** One process anchors accesses at a time; any number, and no other lock of the database. */
const ANCHOR_LOCK = 7_205_203;

/**
 * Anchors the chain of accesses in the sink, as often as the record itself: whoever cuts it off, or writes it anew,
 * contradicts the sink. Nothing is anchored any more once the chain is not the one that was anchored before.
 */
export class AccessAnchor {
  private readonly startedAt = Date.now();
  private last: { readonly place: number; readonly hash: string; readonly at: number } | null = null;
  private isContradicted = false;

  constructor(
    private readonly signing: CheckpointSigning,
    private readonly sink: AnchorFile,
    private readonly rule: CheckpointRule,
    private readonly log: Log,
  ) {}

  /** The place that was anchored; null where that was not due, or not our turn. @throws what file system or database say. */
  async next(tx: Queries): Promise<number | null> {
    const [turn] = await tx.query<{ taken: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS taken', [ANCHOR_LOCK]);
    if (turn?.taken !== true) return null;
    await this.readSink();
    const [end] = await tx.query<{ place: number }[]>(
      'SELECT coalesce(max(place), 0)::float8 AS place FROM audit.accesses',
    );
    const place = dueSize(this.rule, {
      lastSize: this.last?.place ?? 0,
      lastAt: this.last?.at ?? this.startedAt,
      contiguousTo: end?.place ?? 0,
      now: Date.now(),
    });
    if (place === null || (await this.contradicts(tx))) return null;
    const hash = await hashAt(place, tx);
    if (hash === null) return null;
    const { origin, privateKey } = this.signing;
    const note = signCheckpoint(
      { origin: accessOrigin(origin), size: place, root: Buffer.from(hash, 'hex') },
      privateKey,
    );
    await this.sink.append({ kind: 'accesses', size: place, anchored_at: new Date().toISOString(), note });
    return place;
  }

  private async readSink(): Promise<void> {
    if (await this.sink.hasLost()) this.last = null;
    for await (const line of this.sink.added()) {
      if (line.kind !== 'accesses' || line.size < (this.last?.place ?? 0)) continue;
      const hash = this.hashOf(line.note);
      // What is not by our keys vouches for nothing here; whoever verifies the site is told of it.
      if (hash !== null) this.last = { place: line.size, hash, at: Date.parse(line.anchored_at) };
    }
  }

  private hashOf(note: string): string | null {
    const { origin, privateKey, retiredKeys } = this.signing;
    try {
      const keys = [createPublicKey(privateKey), ...retiredKeys];
      return Buffer.from(openCheckpoint(note, keys, accessOrigin(origin)).root).toString('hex');
    } catch (error) {
      if (error instanceof NoteFault) return null;
      throw error;
    }
  }

  private async contradicts(tx: Queries): Promise<boolean> {
    if (this.last === null || (await hashAt(this.last.place, tx)) === this.last.hash) return false;
    if (!this.isContradicted) this.log.error({ event: 'audit_accesses_changed', position: this.last.place });
    this.isContradicted = true;
    return true;
  }
}

async function hashAt(place: number, tx: Queries): Promise<string | null> {
  const [access] = await tx.query<{ hash: string }[]>('SELECT hash FROM audit.accesses WHERE place = $1', [place]);
  return access?.hash ?? null;
}
