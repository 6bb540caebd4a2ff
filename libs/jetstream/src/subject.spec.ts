import fc from 'fast-check';
import { subjectMatches } from './subject.js';

describe('a subject filter', () => {
  it.each([
    ['hub-export.v1.>', 'hub-export.v1.transfer.TransferQueued.t-1', true],
    ['hub-export.v1.>', 'hub-export.v1', false],
    ['hub-export.v1.>', 'hub-export.v2.transfer', false],
    ['site.*.resource.changed', 'site.a.resource.changed', true],
    ['site.*.resource.changed', 'site.a.b.resource.changed', false],
    ['site.*.resource.changed', 'site.a.resource', false],
    ['site.a', 'site.a.b', false],
    ['>', 'anything.at.all', true],
    ['site.>.changed', 'site.a.changed', false],
  ])('%s on %s: %s', (filter, subject, matches) => {
    expect(subjectMatches(filter, subject)).toBe(matches);
  });

  const token = fc.stringMatching(/^[a-z0-9-]{1,5}$/);
  const tokens = fc.array(token, { minLength: 1, maxLength: 6 });

  it('matches its own subject, and still does when a token becomes a star', () => {
    fc.assert(
      fc.property(tokens, fc.nat(), (given, at) => {
        const starred = given.map((name, place) => (place === at % given.length ? '*' : name));
        return subjectMatches(given.join('.'), given.join('.')) && subjectMatches(starred.join('.'), given.join('.'));
      }),
    );
  });

  it('with a closing > matches exactly what goes on behind it', () => {
    fc.assert(
      fc.property(tokens, tokens, (head, tail) => {
        const filter = [...head, '>'].join('.');
        return subjectMatches(filter, [...head, ...tail].join('.')) && !subjectMatches(filter, head.join('.'));
      }),
    );
  });
});
