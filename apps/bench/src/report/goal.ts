/** What a figure has to reach: of the ratio to its limit, or, where there is no limit beside it, of the figure itself. */
export interface Goal {
  readonly bound: 'at_least' | 'at_most';
  readonly than: number;
  /** The figure's unit where the goal is one of the figure; `×` where it is one of the ratio. */
  readonly unit: string;
}

/** Of a ratio: at least so many times the limit. */
export function atLeast(than: number): Goal {
  return { bound: 'at_least', than, unit: '×' };
}

/** Of a ratio, or with a unit of the figure itself: at most so much. */
export function atMost(than: number, unit = '×'): Goal {
  return { bound: 'at_most', than, unit };
}

/** Whether a ratio or figure reaches it. What could not be measured reaches nothing. */
export function isMet({ bound, than }: Goal, measured: number): boolean {
  return bound === 'at_least' ? measured >= than : measured <= than;
}

export function goalText({ bound, than, unit }: Goal): string {
  return `${bound === 'at_least' ? '≥' : '≤'} ${than} ${unit}`;
}
