import { type JsonObject, parseEvent } from '@hub-export/contracts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import type { AuditedEvent } from '../record/audited-event.js';
import { named, tellFullLife, TestLog } from '../testing/log.testing.js';
import { CSV_COLUMNS, exportHead, exportLine } from './export-lines.js';
import { DISCLOSURE_PROFILE, fhirAuditEvent } from './fhir-audit-event.js';
import { FHIR_AUDIT_EVENT_SCHEMA } from './fhir-schema.testing.js';

const validate = new Ajv({ allErrors: true }).compile(FHIR_AUDIT_EVENT_SCHEMA);
const transfer = named('a');
let events: readonly AuditedEvent[];

beforeAll(async () => {
  const log = new TestLog();
  await tellFullLife(log, transfer);
  events = (await log.events()).map((event) => audited(event.globalSeq, event.type, event.data));
});

function audited(global_seq: number, type: string, data: JsonObject): AuditedEvent {
  return {
    global_seq,
    event_id: '6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    type,
    actor: 'user:alice',
    outcome: type === 'TransferFailed' ? 'failed' : 'done',
    stream_id: transfer.stream,
    version: 1,
    recorded_at: '2026-11-01T10:00:00.123456Z',
    transfer_id: transfer.id,
    resource_kind: 'video',
    resource_hash: transfer.hash,
    center_key: 'center-a',
    target_node_key: 'hub',
    patient_hash: null,
    examination_hash: null,
    folded: true,
    correlation_id: 'correlation',
    causation_id: null,
    entry_hash: 'e'.repeat(64),
    data,
  };
}

describe('a line of CSV', () => {
  it('gives back every cell to a reader of RFC 4180, and no cell is a formula', () => {
    const texts = fc.oneof(fc.string(), fc.constantFrom('=1+1', '+x', '-x', '@x', '\tx', '\rx', '"', 'a,b', 'a\r\nb'));
    fc.assert(
      fc.property(texts, texts, (actor, correlation_id) => {
        const line = exportLine('csv', { ...audited(1, 'X', {}), actor, correlation_id });
        const cells = cellsOf(line);
        expect(cells).toHaveLength(CSV_COLUMNS.length);
        for (const [column, text] of [
          ['actor', actor],
          ['correlation_id', correlation_id],
        ] as const) {
          const cell = cells[CSV_COLUMNS.indexOf(column)] ?? '';
          expect(cell).toBe(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
          expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        }
      }),
    );
  });

  it('has a head, once', () => {
    expect(cellsOf(exportHead('csv', true))).toEqual([...CSV_COLUMNS]);
    expect(exportHead('csv', false)).toBe('');
    expect(exportHead('ndjson', true)).toBe('');
  });
});

describe('a FHIR R4 AuditEvent', () => {
  it('is valid, for every event of a whole life and for types nobody knows', () => {
    for (const event of [...events, { ...audited(9, 'Dreamt', {}), folded: false, actor: null, outcome: null }]) {
      validate(JSON.parse(exportLine('fhir', event)));
      expect([event.type, validate.errors ?? []]).toEqual([event.type, []]);
    }
    expect(validate({ ...fhirAuditEvent(audited(1, 'X', {})), outcome: '5' })).toBe(false);
  });

  it('is a disclosure at the source, as IHE BALP asks, where something was told to the hub', () => {
    const disclosures = events.map(fhirAuditEvent).filter(({ meta }) => meta !== undefined);
    expect(events.map(({ type }) => type)).toContain('TransferCompleted');
    // Two accepted registrations, one outcome nobody knows, one failed upload of which bytes left, one completion.
    expect(disclosures).toHaveLength(5);
    for (const event of disclosures) {
      const { meta, type, action, subtype, agent, source, entity } = event as unknown as Fhir;
      expect(meta.profile).toEqual([DISCLOSURE_PROFILE]);
      expect([type.code, action, subtype[0]?.code]).toEqual(['110106', 'R', 'disclose']);
      const [sender] = agent.filter(({ type: role }) => role?.coding[0]?.code === '110153');
      const [recipient] = agent.filter(({ type: role }) => role?.coding[0]?.code === '110152');
      expect(sender?.who).toEqual(source.observer);
      expect(sender?.network.address).toBeTruthy();
      expect(recipient?.network.address).toBe('hub');
      const patients = entity.filter(({ type: kind, role }) => kind.code === '1' && role?.code === '1');
      expect(patients).toHaveLength(1);
      expect(entity.length).toBeGreaterThan(1);
    }
  });

  it('holds no member of the event but digests and counts', () => {
    for (const { type, data, ...event } of events) {
      const event_ = parseEvent(type, data);
      const told = exportLine('fhir', { type, data, ...event });
      if (event_.type === 'ResourceReported') expect(told).not.toContain('.mp4');
      expect(told.length).toBeLessThan(4_000);
    }
  });
});

interface Fhir {
  meta: { profile: string[] };
  type: { code: string };
  action: string;
  subtype: { code: string }[];
  agent: { type?: { coding: { code: string }[] }; who: object; network: { address: string } }[];
  source: { observer: object };
  entity: { type: { code: string }; role?: { code: string } }[];
}

/** A reader of one record, as RFC 4180 describes it. */
function cellsOf(line: string): readonly string[] {
  const cells: string[] = [];
  let rest = line.replace(/\r\n$/, '');
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest);
    const plain = /^([^",\r\n]*)(,|$)/.exec(rest);
    const found = quoted ?? plain;
    if (found === null) throw new Error('The line is no record.');
    cells.push(quoted === null ? (found[1] ?? '') : (found[1] ?? '').replaceAll('""', '"'));
    rest = rest.slice(found[0].length);
    if (found[2] === '') return cells;
  }
}
