import type { NodeFacts } from '@hub-export/contracts';
import { fold, given } from '@hub-export/event-sourcing';
import { type NodeCommand, nodeDecider } from './node.js';
import { AT, BY, LATER } from './testing/lives.js';
import { HUB } from './testing/resources.js';

const node = nodeDecider;
const MOVED: NodeFacts = { ...HUB, base_url: 'https://hub-2.example/', document_digest: '5'.repeat(64) };

function RECORD(facts: NodeFacts): NodeCommand {
  return { type: 'RecordNode', facts, at: AT, by: BY };
}

function recorded(facts: NodeFacts, at = AT) {
  return { type: 'NodeRecorded', at, by: BY, ...facts } as const;
}

describe('a node', () => {
  it('is unknown until it is recorded', () => {
    expect(fold(node, [])).toEqual({ status: 'unknown' });
    given(node).when(RECORD(HUB)).then(recorded(HUB));
  });

  it('told again as it is changes nothing', () => {
    given(node, recorded(HUB)).when(RECORD(HUB)).thenNothing();
  });

  it('is recorded anew when anything in its document changed, be it only where a secret lies', () => {
    given(node, recorded(HUB)).when(RECORD(MOVED)).then(recorded(MOVED));
    const elsewhere = { ...HUB, document_digest: '6'.repeat(64) };
    given(node, recorded(HUB)).when(RECORD(elsewhere)).then(recorded(elsewhere));
  });

  it('can go back to what it was', () => {
    given(node, recorded(HUB), recorded(MOVED)).when(RECORD(HUB)).then(recorded(HUB));
  });

  it('is as it was recorded last, since then', () => {
    expect(fold(node, [recorded(HUB), recorded(MOVED, LATER)])).toEqual({
      status: 'recorded',
      since: LATER,
      facts: MOVED,
    });
  });
});
