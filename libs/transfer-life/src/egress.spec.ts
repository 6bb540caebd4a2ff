import { fold, given } from '@hub-export/event-sourcing';
import { type EgressCommand, egressDecider } from './egress.js';
import { AT, BY, LATER } from './testing/lives.js';

const egress = egressDecider;
const STOP: EgressCommand = { type: 'StopEgress', at: AT, by: BY };
const RESUME: EgressCommand = { type: 'ResumeEgress', at: AT, by: BY };
const stopped = { type: 'EgressStopped', at: AT, by: BY } as const;
const resumed = { type: 'EgressResumed', at: LATER, by: BY } as const;

describe('the egress switch', () => {
  it('is open until somebody closes it', () => {
    expect(fold(egress, [])).toEqual({ open: true, since: null, by: null });
  });

  it('records who closed and who opened it, and when', () => {
    expect(fold(egress, [stopped])).toEqual({ open: false, since: AT, by: BY });
    expect(fold(egress, [stopped, resumed])).toEqual({ open: true, since: LATER, by: BY });
  });

  /*
   *                 open       closed
   * StopEgress      → closed   ·
   * ResumeEgress    ·          → open
   */
  it('has an answer of both states to both commands', () => {
    given(egress).when(STOP).then(stopped);
    given(egress, stopped).when(STOP).thenNothing();
    given(egress).when(RESUME).thenNothing();
    given(egress, stopped)
      .when(RESUME)
      .then({ ...resumed, at: AT });
  });

  it('can be closed again after it was opened', () => {
    given(egress, stopped, resumed).when(STOP).then(stopped);
  });
});
