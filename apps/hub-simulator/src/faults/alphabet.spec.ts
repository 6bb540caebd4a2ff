import { readFileSync } from 'node:fs';
import { HUB_FAULTS, namedFault } from './alphabet.js';
import { parseFaultRules } from './read-rules.js';

describe('the faults by name', () => {
  it('each make a rule for each of their calls', () => {
    for (const { name, steps } of HUB_FAULTS) {
      for (const step of steps) expect(parseFaultRules([{ name, step }])).toEqual([{ ...namedFault(name), step }]);
      if (steps.length === 0) expect(parseFaultRules([{ name }])).toEqual([namedFault(name)]);
    }
  });

  it('are each named once, and a name nobody knows is told', () => {
    const names = HUB_FAULTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(() => parseFaultRules([{ name: 'earthquake' }])).toThrow('rules[0] names an unknown fault.');
  });

  it('are each found in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const { name } of HUB_FAULTS) {
      const [, family, member = ''] = /^(wrong-receipt|wrong|missing|reject)-(.+)$/.exec(name) ?? [];
      const listed = readme.includes(`\`${name}\``);
      const asMember = family === 'wrong-receipt' || readme.includes(`\`${member}\``);
      if (!listed && !(family !== undefined && readme.includes(`\`${family}-<`) && asMember)) {
        throw new Error(`The README does not tell of ${name}.`);
      }
    }
  });
});
