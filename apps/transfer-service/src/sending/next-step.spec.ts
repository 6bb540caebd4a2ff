import { live, order } from '../testing/transfers.testing.js';
import { nextStep } from './next-step.js';

const { accept, complete, fail, hold, mark, outcomeUnknown, queue, register, unmark, upload } = order;

describe('the next step', () => {
  it.each([
    ['a transfer that was never marked', [], 'nothing', 'nothing'],
    ['a mark that was taken back', [mark(), unmark()], 'nothing', 'nothing'],
    ['a mark', [mark()], 'nothing', 'nothing'],
    ['a queued transfer', [mark(), queue()], 'start', 'start'],
    ['a queued transfer that an operator holds', [mark(), queue(), hold()], 'nothing', 'nothing'],
    ['a queued transfer that is not eligible', [mark(), queue(), hold('ineligible')], 'nothing', 'nothing'],
    ['a registration that was begun', [mark(), queue(), register()], 'register', 'ask'],
    ['a registration whose answer was lost', [mark(), queue(), register(), outcomeUnknown()], 'ask', 'ask'],
    ['a registration that was accepted', [mark(), queue(), register(), accept()], 'upload', 'upload'],
    ['an upload that was begun', [mark(), queue(), register(), accept(), upload()], 'ask', 'ask'],
    ['a completed transfer', [mark(), queue(), register(), accept(), upload(), complete()], 'nothing', 'nothing'],
    ['a failed transfer', [mark(), queue(), register(), fail()], 'nothing', 'nothing'],
  ] as const)('of %s', (_name, commands, mine, anothers) => {
    const { state } = live(commands);
    expect([nextStep(state, true), nextStep(state, false)]).toEqual([mine, anothers]);
  });

  it('of an attempt after a lost answer is a question, though it was begun anew', () => {
    const { state } = live([
      ...[mark(), queue(), register(), accept(), upload(), outcomeUnknown(), fail(), queue(), register()],
    ]);
    expect([state.status, nextStep(state, true)]).toEqual(['registering', 'ask']);
  });
});
