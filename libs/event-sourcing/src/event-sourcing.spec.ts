import { type Decider, fold } from './decider.js';
import { Refusal } from './refusal.js';
import { given } from './story.testing.js';
import { unreachable } from './unreachable.js';

type Lamp = 'dark' | 'lit' | 'broken';
type LampCommand = { type: 'Light' } | { type: 'Break' };
type LampEvent = { type: 'Lit' } | { type: 'Broken' };

const lamp: Decider<Lamp, LampCommand, LampEvent> = {
  initialState: 'dark',
  decide(command, state) {
    switch (command.type) {
      case 'Light':
        if (state === 'broken') throw new Refusal('lamp_broken', 'A broken lamp gives no light.');
        return state === 'lit' ? [] : [{ type: 'Lit' }];
      case 'Break':
        return [{ type: 'Broken' }];
      default:
        return unreachable(command);
    }
  },
  evolve: (_state, event) => (event.type === 'Lit' ? 'lit' : 'broken'),
};

describe('a decider', () => {
  it('is folded from its history, from nothing on', () => {
    expect(fold(lamp, [])).toBe('dark');
    expect(fold(lamp, [{ type: 'Lit' }, { type: 'Broken' }])).toBe('broken');
  });
});

describe('a story', () => {
  it('holds when exactly the told facts follow', () => {
    given(lamp).when({ type: 'Light' }).then({ type: 'Lit' });
    given(lamp, { type: 'Lit' }).when({ type: 'Light' }).thenNothing();
    given(lamp, { type: 'Broken' }).when({ type: 'Light' }).thenRefused('lamp_broken');
    given(lamp)
      .when({ type: 'Light' })
      .thenState((state) => expect(state).toBe('lit'));
  });

  it('fails when other facts follow, or a refusal was told and none came', () => {
    expect(() => given(lamp).when({ type: 'Light' }).thenNothing()).toThrow();
    expect(() => given(lamp).when({ type: 'Light' }).then({ type: 'Broken' })).toThrow();
    expect(() => given(lamp).when({ type: 'Light' }).thenRefused('lamp_broken')).toThrow('Not refused');
    expect(() => given(lamp, { type: 'Broken' }).when({ type: 'Light' }).then({ type: 'Lit' })).toThrow('lamp_broken');
    expect(() => given(lamp, { type: 'Broken' }).when({ type: 'Light' }).thenRefused('other')).toThrow();
  });
});
