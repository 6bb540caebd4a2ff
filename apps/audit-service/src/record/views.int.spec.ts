import { resourceStream, systemActor, userActor } from '@hub-export/contracts';
import { type FreshNats, freshNats } from '@hub-export/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type Entry, entryOf } from '../entry/entry.js';
import { EntryService } from '../entry/entry.service.js';
import { type AuditDatabase, type Auditor, freshAuditDatabase, startAuditor } from '../testing/audit.testing.js';
import { livesOf } from '../testing/lives.testing.js';
import { named, refused, reported, TestLog, toMessage, type Untimed } from '../testing/log.testing.js';
import { type PlainLine, PlainFold } from '../testing/plain-fold.testing.js';

// Real here: PostgreSQL, nats-server, the whole service over HTTP. Made up: the log, from lives that the rules allow.
jest.setTimeout(120_000);

const WORLDS = 12;
const CENTERS = ['center-a', 'center-b'];
const HUBS = ['hub', 'other-hub'];

let database: AuditDatabase;
let nats: FreshNats;
let auditor: Auditor;
let plain: PlainFold;
let lines: readonly PlainLine[];

beforeAll(async () => {
  [database, nats] = [await freshAuditDatabase(), await freshNats()];
  auditor = await startAuditor(database, nats);
  const log = new TestLog();
  for (let seed = 1; seed <= WORLDS; seed += 1) await tellWorld(log, seed);
  const events = await log.events();
  plain = new PlainFold(events);
  lines = plain.lines();
  const record = auditor.app.get(EntryService);
  for (const event of events) {
    await record.add(entryOf(new TextEncoder().encode(String(toMessage(event).body)), event.globalSeq) as Entry);
  }
});

afterAll(async () => {
  await auditor.close();
  await nats.stop();
  await database.drop();
});

/** Some transfers at once, each with a random life, and between them what sites, operators and nodes do. */
async function tellWorld(log: TestLog, seed: number): Promise<void> {
  const draw = drawing(seed);
  const transfers = [0, 1, 2].map((place) => named(hashOf(seed, place), CENTERS[draw(2)], HUBS[draw(2)]));
  const lives = transfers.map((transfer, place) => ({
    transfer,
    left: [...(fc.sample(livesOf(transfer), { numRuns: 1, seed: seed * 10 + place })[0]?.events ?? [])] as Untimed[],
  }));
  while (lives.some(({ left }) => left.length > 0)) {
    const { transfer, left } = lives[draw(lives.length)] as (typeof lives)[number];
    const next = left.shift();
    if (next !== undefined) {
      const { at: _at, ...event } = next as { readonly at?: string } & Untimed;
      await log.tell(transfer.stream, event);
    }
    await tellOther(log, draw, transfer);
  }
}

async function tellOther(
  log: TestLog,
  draw: (below: number) => number,
  transfer: ReturnType<typeof named>,
): Promise<void> {
  const by = draw(2) === 0 ? userActor(`operator-${draw(3)}`, 'Name') : systemActor('policy');
  const pseudonym = (letter: string): string | null => (draw(4) === 0 ? null : `${letter}${draw(3)}`.repeat(32));
  const refusal = `refusal-00000000-0000-4000-8000-${String(draw(1e9)).padStart(12, '0')}`;
  switch (draw(12)) {
    case 0:
    case 1:
      return void (await log.tell(resourceStream('video', transfer.hash), {
        ...reported(transfer, draw(5) === 0 ? null : CENTERS[draw(2)]),
        patient_hash: pseudonym('a'),
        examination_hash: pseudonym('b'),
      }));
    case 2:
      return void (await log.tell(refusal, {
        ...refused('queue', 'not_marked', { transfer_id: transfer.id }),
        by,
      }));
    case 3: {
      const about = { ...transfer.marked, target_node_key: draw(2) === 0 ? 'hub' : 'other-hub', transfer_id: null };
      return void (await log.tell(refusal, refused('mark', 'ineligible', about)));
    }
    case 4:
      return void (await log.tell('egress', { type: draw(2) === 0 ? 'EgressStopped' : 'EgressResumed', by }));
    case 5:
      return void (await log.tell(`node-${HUBS[draw(2)]}`, nodeRecorded(HUBS[draw(2)] ?? '', draw(2) === 0)));
    default:
      return;
  }
}

function nodeRecorded(node_key: string, is_active: boolean): Untimed {
  return {
    type: 'NodeRecorded',
    by: userActor('operator-1', null),
    node_key,
    role: 'central_hub',
    display_name: 'Hub',
    is_active,
    owning_center_key: null,
    center_scope: [],
    base_url: 'https://hub.example/',
    profile: 'endoreg-3.0',
    eligible_states: ['VALIDATED'],
    document_digest: 'd'.repeat(64),
  };
}

async function all<Item>(path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const answer = await auditor.get(
      `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor && `&cursor=${cursor}`}`,
    );
    expect(answer.status).toBe(200);
    items.push(...(answer.body.items as Item[]));
    cursor = answer.body.next_cursor as string | null;
  }
  return items;
}

const valuesOf = (member: keyof PlainLine): readonly string[] => [
  ...new Set(lines.flatMap((line) => (line[member] === null ? [] : String(line[member])))),
];

describe(`the views of ${WORLDS} worlds of random lives are the fold of their log, worked out another way`, () => {
  it('for each transfer, member by member', async () => {
    const ids = plain.transferIds();
    expect(ids.length).toBeGreaterThan(WORLDS);
    for (const id of ids) {
      const { findings, ...told } = (await auditor.get(`/v1/audit/transfers/${id}`)).body;
      expect(told).toEqual(plain.transfer(id));
      expect(findings).toEqual([]);
    }
  });

  it('for the log, with what each entry is about', async () => {
    const told = await all<PlainLine & Record<string, unknown>>('/v1/audit/events');
    const members = Object.keys(lines[0] as PlainLine);
    expect(told.map((event) => Object.fromEntries(members.map((member) => [member, event[member]])))).toEqual(lines);
  });

  it.each([
    'actor',
    'resource_kind',
    'resource_hash',
    'transfer_id',
    'target_node_key',
    'patient_hash',
    'examination_hash',
    'type',
    'outcome',
    'center_key',
  ] as const)('for the events of every %s', async (member) => {
    const values = valuesOf(member);
    expect(values.length).toBeGreaterThan(0);
    for (const value of values.slice(0, 40)) {
      const name = member === 'center_key' ? 'center' : member;
      const expected = lines.filter((line) => line[member] === value).map(({ global_seq }) => global_seq);
      const query = `${name}=${encodeURIComponent(value)}`;
      const told = await all<PlainLine>(`/v1/audit/events?${query}`);
      expect([value, ...told.map(({ global_seq }) => global_seq)]).toEqual([value, ...expected]);
      const { total } = (await auditor.get(`/v1/audit/events?${query}&limit=1&with_total=true`)).body;
      expect(total).toEqual({ count: expected.length, exact: true });
    }
  });

  it('for several questions at once, and any range of time', async () => {
    const draw = drawing(7);
    const members = ['actor', 'type', 'outcome', 'center_key', 'target_node_key', 'patient_hash'] as const;
    let found = 0;
    for (let question = 0; question < 80; question += 1) {
      const like = lines[draw(lines.length)] as PlainLine;
      const asked = members.filter((member) => draw(3) === 0 && like[member] !== null);
      const [from, to] = [draw(lines.length), draw(lines.length)]
        .sort((one, other) => one - other)
        .map((place) => lines[place]?.recorded_at ?? '');
      const expected = lines.filter(
        (line) =>
          asked.every((member) => line[member] === like[member]) &&
          (from === to || (line.recorded_at >= String(from) && line.recorded_at < String(to))),
      );
      const query = [
        ...asked.map(
          (member) => `${member === 'center_key' ? 'center' : member}=${encodeURIComponent(String(like[member]))}`,
        ),
        ...(from === to ? [] : [`from=${from}`, `to=${to}`]),
      ].join('&');
      const told = await all<PlainLine>(`/v1/audit/events?${query}`);
      expect(told.map(({ global_seq }) => global_seq)).toEqual(expected.map(({ global_seq }) => global_seq));
      found += told.length;
    }
    expect(found).toBeGreaterThan(80);
  });

  it('for the list of transfers, whatever it is narrowed by', async () => {
    const ids = plain.transferIds();
    const whole = ids.map((id) => plain.transfer(id));
    const first = new Map(
      ids.map((id) => [id, lines.findIndex((line) => line.transfer_id === id && line.type === 'ResourceMarked')]),
    );
    const listed = async (query: string): Promise<readonly unknown[]> =>
      (await all<{ transfer_id: string }>(`/v1/audit/transfers?${query}`)).map(({ transfer_id }) => transfer_id);
    const inOrder = (chosen: (id: string, told: Record<string, unknown>) => boolean): readonly string[] =>
      ids
        .filter((id, place) => chosen(id, whole[place] ?? {}))
        .sort((one, other) => (first.get(other) ?? 0) - (first.get(one) ?? 0));
    for (const member of [
      'status',
      'target_node_key',
      'resource_hash',
      'patient_hash',
      'examination_hash',
      'center_key',
    ]) {
      for (const value of new Set(whole.flatMap((told) => (typeof told[member] === 'string' ? [told[member]] : [])))) {
        const query = `${member === 'center_key' ? 'center' : member}=${value}`;
        expect(await listed(query)).toEqual(inOrder((_id, told) => told[member] === value));
      }
    }
    for (const actor of valuesOf('actor')) {
      const expected = inOrder((id) => plain.actors(id).includes(actor));
      expect(await listed(`actor=${encodeURIComponent(actor)}`)).toEqual(expected);
      const { total } = (await auditor.get(`/v1/audit/transfers?limit=1&with_total=true&actor=${actor}`)).body;
      expect(total).toEqual({ count: expected.length, exact: true });
    }
    const middle = lines[Math.floor(lines.length / 2)]?.recorded_at ?? '';
    expect(await listed(`from=${middle}`)).toEqual(
      inOrder((id) => (lines[first.get(id) ?? 0]?.recorded_at ?? '') >= middle),
    );
    expect(await listed(`to=${middle}`)).toEqual(
      inOrder((id) => (lines[first.get(id) ?? 0]?.recorded_at ?? '') < middle),
    );
  });
});

/** 64 digits, another for each place of each world. */
function hashOf(seed: number, place: number): string {
  return `${seed.toString(16).padStart(3, '0')}${place}`.repeat(16);
}

/** Numbers below a limit, the same for the same seed (mulberry32). */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
