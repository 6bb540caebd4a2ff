import { MarkRequest, RESOURCES_PER_COMMAND_MAX, TransferSelection } from './commands.js';
import { ContractFault } from './contract-fault.js';
import { parse } from './parse.js';

const HASH = 'a'.repeat(64);
const UUID = '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11';
const byHash = { resource_kind: 'video', resource_hash: HASH };

function faultsOf(type: new () => object, value: unknown): readonly string[] {
  try {
    parse(type, 'command', value);
    return [];
  } catch (error) {
    if (!(error instanceof ContractFault)) throw error;
    return error.faults.map(({ field, code }) => `${field} ${code}`);
  }
}

describe('a command to mark', () => {
  it.each<[string, unknown, ...string[]]>([
    ['resources by hash', { target_node_key: 'hub', resources: [byHash] }],
    ['resources by the number of the site', { resources: [{ resource_kind: 'report', id: 17 }] }],
    ['as many resources as the limit', { resources: new Array(RESOURCES_PER_COMMAND_MAX).fill(byHash) }],
    [
      'more than the limit',
      { resources: new Array(RESOURCES_PER_COMMAND_MAX + 1).fill(byHash) },
      'resources array_max_size',
    ],
    ['nothing', { resources: [] }, 'resources array_min_size'],
    [
      'a resource without a name',
      { resources: [byHash, { resource_kind: 'video' }] },
      'resources.1.resource_hash required',
    ],
    [
      'a resource by a broken hash and a number',
      { resources: [{ ...byHash, resource_hash: 'x', id: 1 }] },
      'resources.0.resource_hash matches',
    ],
    ['a kind that is none', { resources: [{ ...byHash, resource_kind: 'image' }] }, 'resources.0.resource_kind is_in'],
    ['a list that is none', { resources: byHash }, 'resources is_array'],
    [
      'an actor of its own',
      { resources: [byHash], actor: { kind: 'user', subject: 'mallory' } },
      'actor unknown_field',
    ],
  ])('%s is taken, or told what is wrong', (_claim, body, ...faults) => {
    expect(faultsOf(MarkRequest, body)).toEqual(faults);
  });
});

describe('a command on transfers', () => {
  it.each<[string, unknown, ...string[]]>([
    ['by ids', { transfer_ids: [UUID] }],
    ['by an id that is none', { transfer_ids: [UUID, 'x'] }, 'transfer_ids is_uuid'],
    ['by one id alone', { transfer_ids: UUID }, 'transfer_ids is_array'],
    ['by none', { transfer_ids: [] }, 'transfer_ids array_min_size'],
  ])('%s is taken, or told what is wrong', (_claim, body, ...faults) => {
    expect(faultsOf(TransferSelection, body)).toEqual(faults);
  });
});
