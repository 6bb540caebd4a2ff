import type { JsonObject, JsonValue } from '@hub-export/contracts';

/** A node as it was configured: what an event recorded of it, without who and when. */
export type NodeState = Readonly<Record<string, JsonValue>>;

/** A change of a node's configuration, and with it of what may be sent to it: profile, accepted states, center scope. */
export interface NodeChange {
  readonly global_seq: number;
  readonly recorded_at: string;
  readonly node_key: JsonValue;
  readonly by: JsonValue;
  readonly at: JsonValue;
  /** Null where the node was recorded for the first time. */
  readonly before: NodeState | null;
  readonly after: NodeState;
  /**
   * The members that differ, sorted. `document_digest` alone says that something changed which no event tells: limits, or
   * where certificates and secrets lie.
   */
  readonly changed: readonly string[];
}

/** @param earlier what the node's event before this one recorded. */
export function nodeChange(
  {
    global_seq,
    recorded_at,
    data,
  }: { readonly global_seq: number; readonly recorded_at: string; readonly data: JsonObject },
  earlier: JsonObject | null,
): NodeChange {
  const after = stateOf(data);
  const before = earlier === null ? null : stateOf(earlier);
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])].sort();
  const { node_key = null, by = null, at = null } = data;
  const changed = names.filter((name) => !isSame(before?.[name], after[name]));
  return { global_seq, recorded_at, node_key, by, at, before, after, changed };
}

function stateOf({ by: _by, at: _at, node_key: _key, ...state }: JsonObject): NodeState {
  return state;
}

/** Both are read from canonical JSON, in which the same value is the same text. */
function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
