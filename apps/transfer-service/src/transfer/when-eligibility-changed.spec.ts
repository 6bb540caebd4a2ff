import type { Eligibility, TransferCommand } from '@hub-export/transfer-life';
import { live, order } from '../testing/transfers.testing.js';
import { whenEligibilityChanged } from './when-eligibility-changed.js';

const { accept, complete, fail, hold, mark, queue, register, upload } = order;
const YES: Eligibility = { eligible: true, resourceVersion: 5 };
const NO: Eligibility = {
  eligible: false,
  resourceVersion: 5,
  reasons: [{ code: 'not_anonymized', sentence: 'The resource is not anonymized.' }],
};

describe('when the eligibility of a resource changed', () => {
  it.each<[string, readonly TransferCommand[], string, string]>([
    ['was never marked', [], 'nothing', 'nothing'],
    ['is marked', [mark()], 'nothing', 'nothing'],
    ['is queued', [mark(), queue()], 'nothing', 'hold'],
    ['is held for it', [mark(), queue(), hold('ineligible')], 'release', 'nothing'],
    ['is held by an operator', [mark(), queue(), hold()], 'nothing', 'hold'],
    ['is held by both', [mark(), queue(), hold(), hold('ineligible')], 'release', 'nothing'],
    ['is being registered', [mark(), queue(), register()], 'nothing', 'nothing'],
    ['is awaited by the hub', [mark(), queue(), register(), accept()], 'nothing', 'nothing'],
    ['is being sent', [mark(), queue(), register(), accept(), upload()], 'nothing', 'nothing'],
    ['failed for it', [mark(), queue(), register(), fail(1, 'ineligible')], 'queue_again', 'nothing'],
    ['failed for another reason', [mark(), queue(), register(), fail(1, 'transient')], 'nothing', 'nothing'],
    ['needs an operator', [mark(), queue(), register(), fail(1, 'integrity')], 'nothing', 'nothing'],
    ['is completed', [mark(), queue(), register(), accept(), upload(), complete()], 'nothing', 'nothing'],
  ])('a transfer that %s', (_name, commands, whenEligible, whenNot) => {
    const { state } = live(commands);
    expect([whenEligibilityChanged(YES, state), whenEligibilityChanged(NO, state)]).toEqual([whenEligible, whenNot]);
  });
});
