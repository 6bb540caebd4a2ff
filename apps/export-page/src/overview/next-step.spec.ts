import { type Circumstances, nextStepOf } from './next-step.js';
import { INELIGIBLE, resource, withTransfer } from './resource.testing.js';

const CALM: Circumstances = { ready: true, egressOpen: true, autoQueueSeconds: null, nowMs: 0 };

describe('the next step of a resource', () => {
  it('is to mark it, or why it cannot be marked', () => {
    expect(nextStepOf(resource(), CALM)).toEqual({ step: 'mark' });
    expect(nextStepOf(resource(INELIGIBLE), CALM)).toEqual({ step: 'blocked', reasons: ['not_anonymized'] });
  });

  it('is to send what is marked, by a person or by itself when the window is over', () => {
    const marked = withTransfer('marked', { marked_at: '2026-11-01T10:00:00Z' });
    expect(nextStepOf(marked, CALM)).toEqual({ step: 'send' });
    expect(nextStepOf(marked, { ...CALM, autoQueueSeconds: 300 })).toEqual({
      step: 'queued_by_itself',
      at: Date.parse('2026-11-01T10:05:00Z'),
    });
  });

  it('tells of a mark that became ineligible why it is not sent', () => {
    expect(nextStepOf(withTransfer('marked', {}, INELIGIBLE), CALM)).toEqual({
      step: 'marked_blocked',
      reasons: ['not_anonymized'],
    });
  });

  it('tells of what is queued the first thing that keeps it', () => {
    const queued = withTransfer('queued');
    const shut = { ...CALM, ready: false, egressOpen: false };
    expect(nextStepOf(withTransfer('queued', { held: ['ineligible', 'operator'] }), shut).step).toBe('held');
    expect(nextStepOf(withTransfer('queued', { held: ['ineligible'] }, INELIGIBLE), shut).step).toBe('held_ineligible');
    expect(nextStepOf(queued, shut).step).toBe('site_not_ready');
    expect(nextStepOf(queued, { ...CALM, egressOpen: false }).step).toBe('egress_stopped');
    expect(nextStepOf(queued, CALM).step).toBe('waits_for_sender');
  });

  it.each(['registering', 'awaiting_media', 'uploading'] as const)('of what is %s is to go on', (status) => {
    expect(nextStepOf(withTransfer(status), CALM)).toEqual({ step: status });
  });

  it('tells that completed is the end, and that a changed file is not sent again', () => {
    expect(nextStepOf(withTransfer('completed'), CALM).step).toBe('completed');
    expect(nextStepOf(withTransfer('completed', {}, { content_changed: true }), CALM).step).toBe('completed_changed');
  });

  it('of what failed is by itself at its time, or up to a person', () => {
    const failed = { last_failure_code: 'connection_lost', last_failure_class: 'transient', retryable: true };
    const again = withTransfer('failed', { ...failed, not_before: '2026-11-01T10:00:30Z' });
    expect(nextStepOf(again, CALM)).toEqual({
      step: 'retried_at',
      failure: 'connection_lost',
      at: Date.parse('2026-11-01T10:00:30Z'),
    });
    expect(nextStepOf(withTransfer('failed', { ...failed, retryable: false }), CALM)).toEqual({
      step: 'retry',
      failure: 'connection_lost',
      failureClass: 'transient',
    });
    const ineligible = { ...failed, last_failure_code: 'ineligible', last_failure_class: 'ineligible' };
    expect(nextStepOf(withTransfer('failed', ineligible, INELIGIBLE), CALM)).toEqual({
      step: 'retried_when_eligible',
      failure: 'ineligible',
      reasons: ['not_anonymized'],
    });
    expect(nextStepOf(withTransfer('failed', { ...failed, held: ['operator'] }), CALM).step).toBe('held');
  });
});
