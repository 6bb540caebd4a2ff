/** Leaves of a tree, the first counted as 0: from `from` up to, and without, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A perfect subtree: of 2^level leaves, the index-th of its level. */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/**
 * The perfect subtrees that a span falls into, left to right, each larger than the next. The span is one that a proof
 * asks for, or begins at 0: its beginning is then a multiple of its first subtree's width.
 */
export function nodesOf({ from, to }: Span): readonly Node[] {
  const nodes: Node[] = [];
  for (let place = from; place < to;) {
    let level = 0;
    let width = 1;
    while (place + width * 2 <= to) {
      width *= 2;
      level += 1;
    }
    nodes.push({ level, index: place / width });
    place += width;
  }
  return nodes;
}

/** The largest power of two below a number from 2 on: where a tree of so many leaves divides (RFC 6962, 2.1). */
export function splitOf(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}
