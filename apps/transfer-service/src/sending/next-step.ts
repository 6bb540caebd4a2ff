import type { Transfer } from '@hub-export/transfer-life';

/** What the holder of the lease does next with a transfer. */
export type Step = 'start' | 'ask' | 'register' | 'upload' | 'nothing';

/**
 * The next step from a state alone, so that a worker that takes over goes on where the last one died: from
 * `registering` by asking and registering again with the same bytes, from `awaiting_media` straight to the upload, from
 * `uploading` by asking.
 *
 * @param mine whether the state was reached by this very run, so that no request of somebody else can be under way
 */
export function nextStep(state: Transfer, mine: boolean): Step {
  switch (state.status) {
    case 'queued':
      return state.progress.held.length > 0 ? 'nothing' : 'start';
    case 'registering':
      return state.progress.askFirst || !mine ? 'ask' : 'register';
    case 'awaiting_media':
      return 'upload';
    case 'uploading':
      return 'ask';
    case 'not_marked':
    case 'marked':
    case 'completed':
    case 'failed':
      return 'nothing';
  }
}
