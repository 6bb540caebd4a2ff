import { type Check, lives, textOf } from './evidence.js';
import { stateOf, violation } from './log-checks.js';

/** I20: no service ends but by our hand. */
export const noUnorderedExit: Check = ({ unorderedExits }) =>
  unorderedExits.map((what) => violation('I20', 'process', what));

/** I24: nothing of what was planted is told anywhere. */
export const nothingLeaks: Check = ({ told, canaries }) =>
  told.flatMap(({ place, text }) =>
    canaries
      .filter((canary) => text.includes(canary.text))
      .map(({ name }) => violation('I24', place, `tells the ${name}`)),
  );

/** I25: the source is as it was, everything has come to an end, and nothing is left behind. */
export const neverHarmAlwaysFinish: Check = ({ events, expectations, media, stagedFor, leasesHeld }) => {
  const all = lives(events);
  const ends = expectations.flatMap(({ transferId, transferKey, end, cell }) => {
    const life = all.get(transferId) ?? [];
    const state = stateOf(life);
    const failure = life.findLast(({ type }) => type === 'TransferFailed');
    const stopped = state === 'failed' && failure?.data['retryable'] === false;
    const is = state === 'completed' ? 'completed' : stopped ? 'stopped' : `stuck in ${state}`;
    const right = end === 'any' ? is === 'completed' || is === 'stopped' : is === end;
    return right
      ? []
      : [violation('I25', transferKey, `${is} (${textOf(failure?.data['code'])}), expected ${end}; ${cell}`)];
  });
  const files = [...media.before].flatMap(([file, digest]) =>
    media.after.get(file) === digest ? [] : [violation('I25', 'media', 'a source file is not as it was')],
  );
  const more =
    media.after.size > media.before.size ? [violation('I25', 'media', 'there are more files than before')] : [];
  // What is not completed may be sent once more, and then as it was sealed.
  const staged = stagedFor
    .filter((id) => stateOf(all.get(id) ?? []) === 'completed')
    .map((id) => violation('I25', id, 'sealed media is left of a completed transfer'));
  return [
    ...ends,
    ...files,
    ...more,
    ...staged,
    ...leasesHeld.map((name) => violation('I25', name, 'a lease is still held')),
  ];
};
