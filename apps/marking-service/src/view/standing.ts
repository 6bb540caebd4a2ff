import type { ResourceKind } from '@hub-export/contracts';
import type { TransferColumns } from './transfer-row.js';

/** How a resource stands with the hubs, as its line tells it. */
export interface Standing {
  /** The status of its transfer to each hub, and under the empty key of the one that was marked last, as JSON text. */
  readonly standing: string;
  /** The hubs that have it, in order. */
  readonly completed_for: readonly string[];
}

export interface ResourceName {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
}

export type ResourceStanding = ResourceName & Standing;

/** Of a resource that was never marked. */
export const NO_STANDING: Standing = { standing: '{}', completed_for: [] };

type Marked = Pick<TransferColumns, 'transfer_id' | 'target_node_key' | 'status' | 'marked_at'>;

/**
 * From all transfers of one resource. Lines of one text are counted together, so a standing has one text alone: the one
 * that PostgreSQL gives its `jsonb`.
 */
export function standingOf(transfers: readonly Marked[]): Standing {
  const inOrder = [...transfers].sort(byMark);
  const last = inOrder.at(-1);
  if (last === undefined) return NO_STANDING;
  const statuses = new Map([['', last.status], ...inOrder.map((one) => [one.target_node_key, one.status] as const)]);
  const members = [...statuses.keys()]
    .sort(shorterFirst)
    .map((hub) => `${JSON.stringify(hub)}: "${statuses.get(hub)}"`);
  const completed = transfers.filter(({ status }) => status === 'completed');
  return {
    standing: `{${members.join(', ')}}`,
    completed_for: [...new Set(completed.map(({ target_node_key }) => target_node_key))].sort(),
  };
}

function shorterFirst(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

/** Of two that were marked in the same moment one always counts as the later, in whatever order they are met. */
function byMark(one: Marked, other: Marked): number {
  const apart = Date.parse(one.marked_at) - Date.parse(other.marked_at);
  if (apart !== 0) return apart;
  return one.transfer_id < other.transfer_id ? -1 : 1;
}
