import { activeHubs, actorName, daysLeft, type NetworkNode, readinessFor, type TargetReadiness } from './site.js';

describe('the readiness that is shown', () => {
  const targets: TargetReadiness[] = [
    { target_node_key: 'hub-a', source_node_key: 'site', ready: true, requirements: [] },
    { target_node_key: 'hub-b', source_node_key: 'site', ready: false, requirements: [] },
  ];

  it('is that of the hub that is looked at', () => {
    expect(readinessFor({ ready: false, targets }, 'hub-a')?.ready).toBe(true);
    expect(readinessFor({ ready: false, targets }, 'hub-b')?.ready).toBe(false);
  });

  it('is the worst where no hub is chosen, and none where there is none', () => {
    expect(readinessFor({ ready: false, targets }, null)?.target_node_key).toBe('hub-b');
    expect(readinessFor({ ready: false, targets: [] }, null)).toBeNull();
  });

  it('without any hub is what is missing of the site', () => {
    const none = { target_node_key: null, source_node_key: null, ready: false, requirements: [] };
    expect(readinessFor({ ready: false, targets: [none] }, 'hub-a')).toBe(none);
  });
});

describe('the days that a certificate has left', () => {
  const NOW = Date.parse('2026-11-01T12:00:00Z');

  it.each([
    ['2026-11-02T12:00:00Z', 1],
    ['2026-11-02T11:59:59Z', 0],
    ['2026-12-01T12:00:00Z', 30],
    ['2026-11-01T11:59:59Z', -1],
  ])('until %s are %d whole ones', (endsAt, days) => expect(daysLeft(endsAt, NOW)).toBe(days));

  it('are not known without one', () => expect(daysLeft(null, NOW)).toBeNull());
});

it('a mark may name active hubs alone', () => {
  const node = (node_key: string, role: string, is_active: boolean) => ({ node_key, role, is_active }) as NetworkNode;
  const nodes = [
    node('site', 'site_node', true),
    node('hub-a', 'central_hub', true),
    node('hub-b', 'central_hub', false),
  ];
  expect(activeHubs(nodes).map(({ node_key }) => node_key)).toEqual(['hub-a']);
});

it('an actor is called by name, subject, or the reason of the system', () => {
  expect(actorName({ kind: 'user', subject: 'alice', name: 'Alice' })).toBe('Alice');
  expect(actorName({ kind: 'user', subject: 'alice', name: null })).toBe('alice');
  expect(actorName({ kind: 'system', reason: 'auto_queue' })).toBe('system:auto_queue');
});
