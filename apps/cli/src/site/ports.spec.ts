import { choosePorts, portsFrom, PREFERRED_PORTS } from './ports.js';
import { parseSiteState, serviceUrl } from './site-state.js';

const BASE = portsFrom(20_000);

function machine(taken: readonly number[]) {
  const kept = new Set(taken);
  let next = 50_000;
  const take = async (port: number) => !kept.has(port) && kept.add(port).has(port);
  return { take, freePort: async () => next++ };
}

describe('the ports of a site', () => {
  it('are those everybody knows, where they are free', async () => {
    expect(await choosePorts({ wanted: PREFERRED_PORTS, last: {}, ...machine([]) })).toEqual(PREFERRED_PORTS);
  });

  it('are any free ones where another site has them', async () => {
    const ports = await choosePorts({ wanted: PREFERRED_PORTS, last: {}, ...machine(Object.values(PREFERRED_PORTS)) });
    expect(Object.values(ports)).toEqual([50_000, 50_001, 50_002, 50_003, 50_004, 50_005]);
  });

  it('stay those of the last run, even if the usual ones are free again', async () => {
    expect(await choosePorts({ wanted: PREFERRED_PORTS, last: BASE, ...machine([]) })).toEqual(BASE);
  });

  it('fall back one by one: last run, usual, any', async () => {
    const taken = [BASE.marking, BASE.hub, PREFERRED_PORTS.hub];
    const ports = await choosePorts({ wanted: PREFERRED_PORTS, last: BASE, ...machine(taken) });
    expect(ports).toEqual({ ...BASE, marking: PREFERRED_PORTS.marking, hub: 50_000 });
  });

  it('are never the same twice, even if the last run says so', async () => {
    const last = { marking: 3002, transfer: 3002, audit: 3002 };
    const ports = await choosePorts({ wanted: PREFERRED_PORTS, last, ...machine([]) });
    expect(new Set(Object.values(ports)).size).toBe(6);
  });

  it('are refused in the end where whatever is found is taken in between', async () => {
    const choice = { wanted: PREFERRED_PORTS, last: {}, take: async () => false, freePort: async () => 50_000 };
    await expect(choosePorts(choice)).rejects.toThrow('No free port');
  });

  it('begin at a base', () => {
    const numbers = {
      page: 20_000,
      marking: 20_001,
      transfer: 20_002,
      audit: 20_003,
      hub: 20_004,
      hub_control: 20_005,
    };
    expect(BASE).toEqual(numbers);
  });
});

describe('the state of a site', () => {
  const state = { kind: 'demo', pid: 12, started_at: '2026-11-01T10:00:00.000Z', ports: BASE };

  it('is read as it was written', () => {
    expect(parseSiteState(JSON.stringify(state))).toEqual(state);
  });

  it.each([
    ['no JSON', '{'],
    ['another kind', JSON.stringify({ ...state, kind: 'other' })],
    ['no process', JSON.stringify({ ...state, pid: '12' })],
    ['a missing port', JSON.stringify({ ...state, ports: { ...BASE, audit: undefined } })],
    ['a port that is none', JSON.stringify({ ...state, ports: { ...BASE, audit: 70_000 } })],
    ['null', 'null'],
  ])('is none with %s', (_, text) => {
    expect(parseSiteState(text)).toBeNull();
  });

  it('tells where a service answers', () => {
    expect(serviceUrl(BASE, 'audit')).toBe('http://127.0.0.1:20003');
    expect(serviceUrl(BASE, 'hub')).toBe('https://127.0.0.1:20004');
  });
});
