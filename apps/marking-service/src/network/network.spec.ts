import { describe, expect, it } from '@jest/globals';
import type { NodeFacts } from '@hub-export/contracts';
import { hubNode, siteNode } from '../testing/marking.testing.js';
import { activeSiteNode, chosenHub, requireHub, requireSiteNode, termsOf } from './network.js';

describe('the network', () => {
  it('has a site node only where exactly one is active', () => {
    expect(activeSiteNode(of(siteNode(), siteNode(['center-a'], 'site-b', false)))?.node_key).toBe('site-a');
    for (const nodes of [of(), of(siteNode([], 'site-a', false)), of(siteNode(), siteNode([], 'site-b'))]) {
      expect(() => requireSiteNode({ ...nodes, versions: new Map() })).toThrow(
        expect.objectContaining({ code: 'no_active_site_node' }),
      );
    }
  });

  it.each([
    ['the only hub, unnamed', [hubNode()], null, 'hub'],
    ['a named hub of several', [hubNode(), hubNode('hub-2')], 'hub-2', 'hub-2'],
    ['none of several, unnamed', [hubNode(), hubNode('hub-2')], null, 'target_required'],
    ['none where none is active', [hubNode('hub', false)], null, 'target_required'],
    ['no inactive hub, though named', [hubNode('hub', false)], 'hub', 'unknown_target'],
    ['no site node, though named', [siteNode()], 'site-a', 'unknown_target'],
  ])('chooses %s', (_, nodes, target, expected) => {
    const network = { ...of(...nodes), versions: new Map() };
    expect(chosenHub(network, target)?.node_key ?? null).toBe(expected.startsWith('hub') ? expected : null);
    const chosen = () => {
      try {
        return requireHub(network, target).node_key;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(chosen()).toBe(expected);
  });

  it('narrows the accepted states by the hub and by its profile, never widens them', () => {
    const wide = { ...hubNode(), eligible_states: ['ANONYMIZED', 'VALIDATED'] as const };
    expect(termsOf(siteNode(), wide).acceptedStates).toEqual(['VALIDATED']);
    expect(termsOf(siteNode(), { ...wide, eligible_states: ['ANONYMIZED'] }).acceptedStates).toEqual([]);
    expect(termsOf(siteNode(), null).acceptedStates).toHaveLength(3);
  });

  it('has nothing in scope without a site node', () => {
    expect(termsOf(null, hubNode()).centerScope).toEqual([]);
  });
});

function of(...nodes: readonly NodeFacts[]): { readonly nodes: readonly NodeFacts[] } {
  return { nodes };
}
