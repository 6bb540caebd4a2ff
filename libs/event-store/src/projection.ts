import type { RecordedEvent } from '@hub-export/contracts';
import type { EntityManager } from 'typeorm';

/** A view that is kept from the log: a fold of the events into tables of the same database. */
export interface Projection {
  /** Names its checkpoint; printable ASCII without spaces. */
  readonly name: string;
  /**
   * Events that one `apply` is given while the view is built again: more of them together cost less each, as far as
   * `apply` can take them. @default PROJECTION_BATCH
   */
  readonly rebuildBatch?: number;
  /** Empties the view, in `tx`, by `emptyTable`: after a TRUNCATE readers would see an empty view. */
  reset(tx: EntityManager): Promise<void>;
  /** Applies events in their order, in `tx` only, where the checkpoint moves too: so each counts exactly once. */
  apply(events: readonly RecordedEvent[], tx: EntityManager): Promise<void>;
}
