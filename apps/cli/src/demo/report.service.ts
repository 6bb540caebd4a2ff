import { setTimeout as wait } from 'node:timers/promises';
import type { AuditAnswer } from '../api/answers.js';
import type { ApiClient } from '../api/api.client.js';
import { auditLines } from '../api/audit-lines.js';
import { askHub } from './hub-control.client.js';
import type { SampleTransfer } from './sending.service.js';
import { verificationFaults } from './verification.js';

/** The audit hears of everything over the bus, a moment later. */
const AUDIT_LIMIT_MS = 30_000;
const POLL_MS = 100;

interface Reporting {
  readonly transfers: readonly SampleTransfer[];
  readonly audit: ApiClient;
  readonly controlUrl: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Says the audit view of each transfer, and holds what was sent against what the hub stored. True if all is well. */
export async function reportAndVerify({ transfers, audit, controlUrl, say, signal }: Reporting): Promise<boolean> {
  let verified = 0;
  for (const { sample, transferId, transferKey } of transfers) {
    say(`\nAudit view: ${sample.resource_kind}`);
    for (const line of auditLines(await completedAudit(audit, transferId, signal))) say(`  ${line}`);
    const sha256 = sample.snapshot.processed_media.sha256 ?? '';
    const faults = verificationFaults(sample, await askHub(controlUrl, transferKey, sha256));
    if (faults.length === 0) verified += 1;
    say(faults.length === 0 ? `  verified: the hub holds sha256 ${sha256}` : `  NOT verified: ${faults.join('; ')}`);
  }
  say(`\n${verified} of ${transfers.length} resources completed and verified.`);
  return verified === transfers.length;
}

/** @throws Error where the audit does not hear of the completion. */
async function completedAudit(audit: ApiClient, transferId: string, signal: AbortSignal): Promise<AuditAnswer> {
  const deadline = Date.now() + AUDIT_LIMIT_MS;
  let reason: unknown;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    try {
      const answer = await audit.get<AuditAnswer>(`/v1/audit/transfers/${transferId}`);
      if (answer.final_outcome !== null) return answer;
    } catch (error) {
      // Not heard of yet, or the service is being started again.
      reason = error;
    }
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  throw new Error('The audit has not heard of the completion.', { cause: reason });
}
