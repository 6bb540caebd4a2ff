import type { StandingWay } from './ways.service.js';

/**
 * What may be done on a way to a hub now.
 *
 * `open`: everything. `trial`: its circuit is open, and one transfer may find out whether it closes. `questions`: its
 * time window is closed, which lets nothing begin and no media through; but what was begun before may be asked about,
 * since the answer may have been lost, and a question moves nothing. `closed`: nothing. A requirement that fails, an
 * inactive hub among them, closes it altogether; behind an open circuit every question would meet what opened it, so one
 * probe asks for all.
 */
export type Opening = 'open' | 'trial' | 'questions' | 'closed';

export function openingOf({
  ready,
  windowOpen,
  circuit,
}: Pick<StandingWay, 'ready' | 'windowOpen' | 'circuit'>): Opening {
  if (!ready) return 'closed';
  if (circuit.status === 'open') return windowOpen ? 'trial' : 'closed';
  return windowOpen ? 'open' : 'questions';
}
