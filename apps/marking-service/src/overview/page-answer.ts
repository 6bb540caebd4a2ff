import type { MarkAction } from '../mark/mark.js';
import type { MarkResult } from '../mark/mark.service.js';
import type { PageFaults } from './page-request.js';

/** An answer in the page's own form. */
export interface PageAnswer {
  readonly status: 200 | 400 | 409;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Beside `errors` always a `detail`, since that is what the unmodified page shows. */
export function faultAnswer(status: 400 | 409, errors: PageFaults): PageAnswer {
  return { status, body: { errors, detail: Object.values(errors)[0] ?? '' } };
}

/**
 * Where an item was refused the page must say so, and it says only what is no success: so 400 with the first reason.
 * What else was asked for is done nevertheless, each item alone, and `results` tells which.
 */
export function marksAnswer(action: MarkAction, target: string | null, results: readonly MarkResult[]): PageAnswer {
  const told = results.map(({ resource: { id, resource_kind }, outcome, code, detail }) => ({
    id,
    resource_kind,
    outcome,
    reason: code ?? null,
    detail: detail ?? null,
  }));
  const refused = results.find(({ outcome }) => outcome === 'refused');
  if (refused !== undefined) return { status: 400, body: { detail: refusedText(action, refused), results: told } };
  const count =
    action === 'mark'
      ? { marked_count: results.length }
      : { unmarked_count: results.filter(({ outcome }) => outcome === 'unmarked').length };
  return { status: 200, body: { ...count, target_node_key: target, results: told } };
}

function refusedText(action: MarkAction, { resource: { resource_kind, id }, detail }: MarkResult): string {
  const named = `${resource_kind === 'video' ? 'Video' : 'Report'} ${id}`;
  const said = action === 'mark' ? 'is not eligible for hub export' : 'cannot be unmarked';
  return `${named} ${said}. ${detail ?? ''}`.trim();
}
