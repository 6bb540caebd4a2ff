import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PAGE_RESOURCES_MAX, readPageRequest } from './page-request.js';

describe('what the page asks for', () => {
  it('is read, negative numbers too, and members nobody knows are passed over', () => {
    const read = readPageRequest({
      target_node_key: 'hub',
      resources: [{ id: -3, resource_kind: 'video', name: 'x' }],
      more: 1,
    });
    expect(read).toEqual({ request: { target: 'hub', references: [{ resource_kind: 'video', id: -3 }] } });
    expect(readPageRequest({ resources: [{ id: 1, resource_kind: 'report' }] })).toMatchObject({
      request: { target: null },
    });
  });

  it.each([
    [undefined],
    [[]],
    [{ resources: [{ id: 1.5, resource_kind: 'video' }] }],
    [{ resources: [{ id: 1, resource_kind: 'image' }] }],
    [{ resources: [null] }],
    [{ target_node_key: 7, resources: [{ id: 1, resource_kind: 'video' }] }],
    [{ resources: Array.from({ length: PAGE_RESOURCES_MAX + 1 }, () => ({ id: 1, resource_kind: 'video' })) }],
  ])('is refused where it is none (%#)', (body) => {
    expect(readPageRequest(body)).toHaveProperty('faults');
  });

  it('is read or refused, whatever it is, and a refusal repeats nothing of it', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'small' }), (text) => {
        const read = readPageRequest(JSON.parse(`{"resources":${text},"canary":"Canary"}`));
        expect(JSON.stringify(read)).not.toContain('Canary');
      }),
    );
  });
});
