import type { Actor } from '@hub-export/contracts';
import { type Cell, fields } from '../text/table.js';
import type { AuditAnswer } from './answers.js';

/** The audit view of one transfer, for reading: who ordered it, what happened when, and how it ended. */
export function auditLines(audit: AuditAnswer): readonly string[] {
  const { last_failure: failure, final_outcome: outcome } = audit;
  const entries: (readonly [string, Cell])[] = [
    ['transfer', audit.transfer_id],
    ['resource', `${audit.resource_kind}, to ${audit.target_node_key}`],
    ['status', audit.status],
    ['marked', audit.marked_by && `${audit.marked_at} by ${actorLine(audit.marked_by)}`],
    ['queued', audit.queued_at],
    ['registration started', audit.registration_started_at],
    ['registration finished', audit.registration_finished_at],
    ['upload started', audit.upload_started_at],
    ['upload finished', audit.upload_finished_at],
    ['attempts', audit.attempt_count],
    ['last failure', failure && `${failure.at} ${failure.stage}: ${failure.failure_class}, ${failure.code}`],
    ['final outcome', outcome && `${outcome.at} ${outcome.status}, the hub says ${outcome.transfer_status}`],
    ['acknowledgement', outcome && `sha256 ${outcome.acknowledgement_digest}`],
  ];
  return fields(entries);
}

/** By whose order, for people. */
export function actorLine({ kind, subject, name, reason }: Actor): string {
  if (kind === 'system') return `the system (${reason})`;
  return name == null ? `${subject}` : `${name} (${subject})`;
}
