import type { Actor } from '@hub-export/contracts';

/** By whose order something is done, on behalf of which request or message, and whose resources they may touch. */
export interface Order {
  readonly by: Actor;
  /** Centers whose resources the caller sees; a foreign one is answered as unknown. */
  readonly centers: readonly string[] | 'all';
  readonly correlationId: string;
  /** The message that caused it; null for a request. */
  readonly causationId: string | null;
}

/** Whether the caller sees a resource of this center; one without a center only those see who see all. */
export function sees({ centers }: Pick<Order, 'centers'>, centerKey: string | null): boolean {
  return centers === 'all' || (centerKey !== null && centers.includes(centerKey));
}
