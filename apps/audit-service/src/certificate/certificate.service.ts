import { entryText, resourceStream, transferStream } from '@hub-export/contracts';
import {
  CertificateFault,
  certificateOf,
  type DeliveryCertificate,
  type ProvenEntry,
} from '@hub-export/delivery-certificate';
import { type Principal, Problem } from '@hub-export/http-edge';
import type { ServiceDatabase } from '@hub-export/service-runtime';
import { toBase64 } from '@hub-export/transparency-log';
import type { EntityManager } from 'typeorm';
import { checkpointCovering } from '../checkpoint/checkpoint.table.js';
import type { Entry } from '../entry/entry.js';
import { ENTRY_COLUMNS } from '../entry/entry.table.js';
import type { IntegrityService } from '../integrity/integrity.service.js';
import type { TransferRecord } from '../record/transfer-record.js';
import type { TreeService } from '../tree/tree.service.js';

/** A life of more entries gets no certificate; its transfer would have been tried again for years. */
export const LIFE_ENTRIES_MAX = 1_000;

/** Makes the certificate of a completed transfer from the record. The same transfer always gets the same bytes. */
export class CertificateService {
  constructor(
    private readonly database: ServiceDatabase,
    private readonly integrity: IntegrityService,
    private readonly tree: TreeService,
  ) {}

  /**
   * @throws {Problem} 404 `unknown_transfer` (of a foreign center too); 409 `transfer_not_completed`,
   *   `not_anchored_yet`, `chain_broken`, `life_too_long`, and the code of what the record lacks.
   */
  async certificate(
    transferId: string,
    atLeast: number | undefined,
    { centers }: Pick<Principal, 'centers'>,
  ): Promise<DeliveryCertificate> {
    await this.integrity.requireViews(atLeast);
    return this.database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const record = await recordOf(transferId, centers, tx);
      const life = await lifeOf(transferId, tx);
      const resource = await reportOf(record, tx);
      await requireUnbroken([resource, ...life], tx);
      const end = Math.max(...[resource, ...life].map(({ globalSeq }) => globalSeq));
      const checkpoint = await checkpointCovering(end, tx);
      if (checkpoint === null) {
        throw new Problem(409, 'not_anchored_yet', 'No checkpoint covers this transfer yet.', {
          retryAfterSeconds: 60,
        });
      }
      const proven = async (entry: Entry): Promise<ProvenEntry> => ({
        global_seq: entry.globalSeq,
        entry_hash: entry.hash,
        entry_text: entryText(entry),
        proof: (await this.tree.inclusion(entry.globalSeq - 1, checkpoint.size, tx)).map(toBase64),
      });
      const evidence = { resource: await proven(resource), life: [] as ProvenEntry[], checkpoint: checkpoint.note };
      for (const entry of life) evidence.life.push(await proven(entry));
      return made(evidence);
    });
  }
}

async function recordOf(id: string, centers: Principal['centers'], tx: EntityManager): Promise<TransferRecord> {
  const [row] = await tx.query<{ record: TransferRecord }[]>(
    `SELECT record FROM audit.transfers WHERE transfer_id = $1 AND ($2::text[] IS NULL OR center_key = ANY ($2))`,
    [id, centers === 'all' ? null : centers],
  );
  if (row === undefined) throw new Problem(404, 'unknown_transfer', 'There is no such transfer.');
  if (row.record.final_outcome === null) {
    throw new Problem(409, 'transfer_not_completed', 'Only a completed transfer has a certificate.');
  }
  return row.record;
}

/** From the first entry to the completion. */
async function lifeOf(transferId: string, tx: EntityManager): Promise<readonly Entry[]> {
  const entries = await tx.query<Entry[]>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries
     WHERE global_seq IN (SELECT global_seq FROM audit.actions WHERE transfer_id = $1) AND stream_id = $2
     ORDER BY global_seq LIMIT $3`,
    [transferId, transferStream(transferId), LIFE_ENTRIES_MAX + 1],
  );
  const end = entries.findIndex(({ type }) => type === 'TransferCompleted');
  if (end < 0) throw new Problem(409, 'life_too_long', `A certificate holds ${LIFE_ENTRIES_MAX} entries at most.`);
  return entries.slice(0, end + 1);
}

/** The report of the resource on which the last verdict of the attempt that delivered rested. */
async function reportOf(record: TransferRecord, tx: EntityManager): Promise<Entry> {
  const { resource_kind, resource_hash, attempts, final_outcome } = record;
  const attempt = attempts.find((one) => one.attempt === final_outcome?.attempt);
  const version = (attempt?.upload_eligibility ?? attempt?.eligibility)?.resource_version;
  const [entry] = await tx.query<Entry[]>(
    `SELECT ${ENTRY_COLUMNS} FROM audit.entries
     WHERE global_seq IN (SELECT global_seq FROM audit.actions WHERE resource_hash = $1 AND type = 'ResourceReported')
       AND stream_id = $2 AND version = $3`,
    [resource_hash, resourceStream(resource_kind, resource_hash), version],
  );
  if (entry === undefined) throw new Problem(409, 'evidence_missing', 'The record lacks the report of the resource.');
  return entry;
}

/** What is not as it was written is not certified. */
async function requireUnbroken(entries: readonly Entry[], tx: EntityManager): Promise<void> {
  const rows = await tx.query<unknown[]>('SELECT FROM audit.findings WHERE global_seq = ANY ($1::bigint[])', [
    entries.map(({ globalSeq }) => globalSeq),
  ]);
  if (rows.length > 0) throw new Problem(409, 'chain_broken', 'Entries of this transfer are not as they were written.');
}

function made(evidence: DeliveryCertificate['evidence']): DeliveryCertificate {
  try {
    return certificateOf(evidence);
  } catch (error) {
    if (!(error instanceof CertificateFault)) throw error;
    throw new Problem(409, error.code, 'The record does not tell of a delivery that can be certified.', {
      cause: error,
    });
  }
}
