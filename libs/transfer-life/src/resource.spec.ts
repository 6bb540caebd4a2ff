import type { ResourceFacts } from '@hub-export/contracts';
import fc from 'fast-check';
import { fold, given, Refusal } from '@hub-export/event-sourcing';
import { type Resource, type ResourceCommand, resourceDecider } from './resource.js';
import { AT, LATER } from './testing/lives.js';
import { reported, SITE_ACTOR, VIDEO, withdrawn } from './testing/resources.js';

const life = resourceDecider;
const by = SITE_ACTOR;
const NEWER: ResourceFacts = { ...VIDEO, source_version: 9, snapshot_digest: 'f'.repeat(64) };

function REPORT(facts: ResourceFacts = VIDEO): ResourceCommand {
  return { type: 'ReportResource', facts, at: AT, by };
}

function WITHDRAW(source_version = 8): ResourceCommand {
  return { type: 'WithdrawResource', source_version, at: AT, by };
}

describe('a report of the site', () => {
  it('is recorded with its facts', () => {
    given(life).when(REPORT()).then(reported());
  });

  it('that comes twice changes nothing', () => {
    given(life, reported()).when(REPORT()).thenNothing();
  });

  it('replaces an older one', () => {
    given(life, reported()).when(REPORT(NEWER)).then(reported(NEWER));
    given(life, reported())
      .when(REPORT(NEWER))
      .thenState((state) => expect(state).toMatchObject({ status: 'present', version: 2, facts: NEWER }));
  });

  it('is refused as stale when a newer one was seen, even with the content of now', () => {
    given(life, reported(NEWER)).when(REPORT()).thenRefused('stale_source_version');
    given(life, reported(NEWER))
      .when(REPORT({ ...NEWER, source_version: 8 }))
      .thenRefused('stale_source_version');
  });

  it('is refused when its version was used for other content', () => {
    given(life, reported())
      .when(REPORT({ ...NEWER, source_version: VIDEO.source_version }))
      .thenRefused('source_version_reused');
  });

  it('brings a withdrawn resource back if it is newer than the withdrawal', () => {
    given(life, reported(), withdrawn(8)).when(REPORT(NEWER)).then(reported(NEWER));
    given(life, reported(), withdrawn(9)).when(REPORT(NEWER)).thenRefused('source_version_reused');
    given(life, reported(), withdrawn(10)).when(REPORT(NEWER)).thenRefused('stale_source_version');
  });
});

describe('a withdrawal', () => {
  it('is recorded with the identity of what it takes back', () => {
    given(life, reported()).when(WITHDRAW()).then(withdrawn());
  });

  it('keeps the last facts, with its own place in the order of the site', () => {
    expect(fold(life, [reported(), { ...withdrawn(8), at: LATER }])).toEqual({
      status: 'withdrawn',
      version: 2,
      since: LATER,
      facts: { ...VIDEO, source_version: 8 },
    });
  });

  it('is refused when it is not newer than the report', () => {
    given(life, reported()).when(WITHDRAW(VIDEO.source_version)).thenRefused('stale_source_version');
    given(life, reported()).when(WITHDRAW(0)).thenRefused('stale_source_version');
  });

  it('that comes twice or late changes nothing', () => {
    given(life, reported(), withdrawn(8)).when(WITHDRAW(8)).thenNothing();
    given(life, reported(), withdrawn(8)).when(WITHDRAW(6)).thenNothing();
  });

  it('followed by a later one keeps late snapshots from between the two out', () => {
    given(life, reported(), withdrawn(8)).when(WITHDRAW(12)).then(withdrawn(12));
    given(life, reported(), withdrawn(8), withdrawn(12)).when(REPORT(NEWER)).thenRefused('stale_source_version');
  });

  it('of what was never reported is refused', () => {
    given(life).when(WITHDRAW()).thenRefused('unknown_resource');
  });
});

describe('the laws of a resource', () => {
  const version = fc.integer({ min: 0, max: 6 });
  const command = fc.oneof(
    version.map((source_version) =>
      REPORT({ ...VIDEO, source_version, snapshot_digest: `${source_version}`.repeat(64) }),
    ),
    version.map(WITHDRAW),
  );

  it('whatever the order of arrival, the last word of the site stands once something was seen', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        let seen = -1;
        let state: Resource = life.initialState;
        for (const asked of commands) {
          for (const event of decideOrNothing(asked, state)) {
            expect(event.source_version).toBeGreaterThan(seen);
            seen = event.source_version;
            state = life.evolve(state, event);
          }
        }
        if (state.status !== 'unknown') expect(state.facts.source_version).toBe(seen);
      }),
    );
  });

  it('the version counts the facts, so that a decision can rely on it', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        let facts = 0;
        let state: Resource = life.initialState;
        for (const asked of commands) {
          for (const event of decideOrNothing(asked, state)) {
            state = life.evolve(state, event);
            facts += 1;
          }
        }
        expect(state.version).toBe(facts);
      }),
    );
  });
});

/** `→ state` goes there, `+` records a fact and stays, `·` is already so, `✗ code` is refused. */
const MAP = `
                        unknown             present                   withdrawn
report newer            → present           +                         → present
report the same         → present           ·                         ✗ source_version_reused
report older            → present           ✗ stale_source_version    ✗ stale_source_version
withdraw newer          ✗ unknown_resource  → withdrawn               +
withdraw the same       ✗ unknown_resource  ✗ stale_source_version    ·
withdraw older          ✗ unknown_resource  ✗ stale_source_version    ·
`;

describe('the map of a resource', () => {
  it('has an answer of every state to every command', () => {
    const lives = [[], [reported()], [reported({ ...VIDEO, source_version: 6 }), withdrawn(VIDEO.source_version)]];
    const commands: Record<string, ResourceCommand> = {
      'report newer': REPORT(NEWER),
      'report the same': REPORT(),
      'report older': REPORT({ ...VIDEO, source_version: 5 }),
      'withdraw newer': WITHDRAW(9),
      'withdraw the same': WITHDRAW(VIDEO.source_version),
      'withdraw older': WITHDRAW(5),
    };
    const drawn = Object.entries(commands).map(([name, asked]) => [
      name,
      ...lives.map((past) => cell(asked, fold(life, past))),
    ]);
    const [, ...rows] = MAP.trim().split('\n');
    expect(drawn).toEqual(rows.map((row) => row.trim().split(/\s+(?=[→✗·+])/)));
  });
});

function cell(asked: ResourceCommand, state: Resource): string {
  try {
    const events = life.decide(asked, state);
    if (events.length === 0) return '·';
    const after = events.reduce((before, event) => life.evolve(before, event), state);
    return after.status === state.status ? '+' : `→ ${after.status}`;
  } catch (error) {
    if (error instanceof Refusal) return `✗ ${error.code}`;
    throw error;
  }
}

function decideOrNothing(asked: ResourceCommand, state: Resource) {
  try {
    return life.decide(asked, state);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}
