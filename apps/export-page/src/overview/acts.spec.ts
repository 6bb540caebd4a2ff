import { TRANSFER_STATES } from '@hub-export/contracts';
import { ACTS, type Act, appliesTo, hindranceOf, inPortions, leavesTheHouse } from './acts.js';
import { INELIGIBLE, resource, withTransfer } from './resource.testing.js';
import type { ResourceItem, TransferStatus } from './resource.js';

function actsOf(item: ResourceItem): readonly Act[] {
  return ACTS.filter((act) => appliesTo(act, item));
}

function inState(status: TransferStatus, changes: Partial<ResourceItem> = {}): ResourceItem {
  return status === 'not_marked' ? resource(changes) : withTransfer(status, {}, changes);
}

describe('what can be done to a resource', () => {
  it('follows from its state alone: the map of states and acts', () => {
    const map = Object.fromEntries(TRANSFER_STATES.map((status) => [status, actsOf(inState(status))]));
    expect(map).toEqual({
      not_marked: ['mark'],
      marked: ['queue', 'unmark'],
      queued: ['hold'],
      registering: [],
      awaiting_media: [],
      uploading: [],
      completed: [],
      failed: ['retry', 'hold'],
    });
  });

  it('is nothing but to unmark it once it is no longer eligible', () => {
    expect(actsOf(inState('not_marked', INELIGIBLE))).toEqual([]);
    expect(actsOf(inState('marked', INELIGIBLE))).toEqual(['unmark']);
  });

  it('is to release what a person holds, not what the conditions hold', () => {
    expect(actsOf(withTransfer('queued', { held: ['operator'] }))).toEqual(['release']);
    expect(actsOf(withTransfer('queued', { held: ['ineligible'] }))).toEqual(['hold']);
  });

  it('is asked once more where bytes leave the house, and only there', () => {
    expect(ACTS.filter(leavesTheHouse)).toEqual(['queue', 'retry']);
  });
});

describe('what keeps an act from being done', () => {
  const readiness = (...missing: string[]) => ({
    ready: missing.length === 0,
    requirements: ['active_site_node', 'node_secret', 'active_target_hub', 'hub_tls_material'].map((code) => ({
      code,
      passed: !missing.includes(code),
      message: '',
      remedy: '',
    })),
  });
  const hindered = (...missing: string[]) => ACTS.filter((act) => hindranceOf(act, readiness(...missing)) !== null);

  it('is nothing where every requirement is fulfilled', () => expect(hindered()).toEqual([]));

  it('is any missing requirement for what would be sent', () => {
    expect(hindered('hub_tls_material')).toEqual(['queue', 'retry']);
    expect(hindranceOf('queue', readiness('node_secret', 'hub_tls_material'))).toBe('node_secret');
  });

  it('is a missing source or target for a mark', () => {
    expect(hindered('active_target_hub')).toEqual(['mark', 'queue', 'retry']);
    expect(hindered('active_site_node')).toEqual(['mark', 'queue', 'retry']);
  });

  it('never keeps anybody from stopping or taking back, even when nothing is known', () => {
    expect(ACTS.filter((act) => hindranceOf(act, null) === null)).toEqual(['hold', 'unmark']);
  });
});

it('many are sent in portions that the services take, none left out', () => {
  const items = Array.from({ length: 401 }, (_, index) => index);
  const portions = inPortions(items);
  expect(portions.map(({ length }) => length)).toEqual([200, 200, 1]);
  expect(portions.flat()).toEqual(items);
  expect(inPortions([])).toEqual([]);
});
