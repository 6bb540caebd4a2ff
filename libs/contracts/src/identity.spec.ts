import fc from 'fast-check';
import { NODE_KEY, TRANSFER_KEY_LENGTH_MAX, transferId, transferKey } from './identity.js';
import { RESOURCE_KINDS } from './vocabulary.js';

const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/);
const nodeKey = fc.stringMatching(NODE_KEY);

describe('a transfer key', () => {
  it('has the shape of the specification', () => {
    const identity = { source_node_key: 'site-a', resource_kind: 'video', resource_hash: 'a'.repeat(64) } as const;
    expect(transferKey(identity)).toBe(`site-a__video__${'a'.repeat(64)}__processed_v1`);
  });

  it('fits the column of the hub for every node key and hash we take', () => {
    fc.assert(
      fc.property(
        nodeKey,
        fc.constantFrom(...RESOURCE_KINDS),
        hex64,
        (source_node_key, resource_kind, resource_hash) => {
          expect(transferKey({ source_node_key, resource_kind, resource_hash }).length).toBeLessThanOrEqual(
            TRANSFER_KEY_LENGTH_MAX,
          );
        },
      ),
    );
    const longest = {
      source_node_key: 'n'.repeat(160),
      resource_kind: 'report',
      resource_hash: 'a'.repeat(64),
    } as const;
    expect(NODE_KEY.test(longest.source_node_key)).toBe(true);
    expect(transferKey(longest).length).toBeLessThanOrEqual(TRANSFER_KEY_LENGTH_MAX);
  });
});

describe('a transfer id', () => {
  it.each([
    ['hub', 'site-a__video__a__processed_v1', '5981df6f-5f8e-59d2-a77a-dbc46159162b'],
    ['hub-2', 'site-a__video__a__processed_v1', '34fccc25-43d2-53ad-be7f-79d78fe20eb6'],
  ])('of %s and %s is the same for ever', (target, key, id) => {
    expect(transferId(target, key)).toBe(id);
  });

  it('is another for another hub or another key, wherever the two are cut', () => {
    expect(transferId('a', 'bc')).not.toBe(transferId('ab', 'c'));
    fc.assert(
      fc.property(nodeKey, nodeKey, fc.string(), (one, other, key) => {
        expect(transferId(one, key) === transferId(other, key)).toBe(one === other);
      }),
    );
  });
});
