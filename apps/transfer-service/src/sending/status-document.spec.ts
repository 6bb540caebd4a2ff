import { frozenFor, HUB_TRANSFER_ID, hubDocument, intentOf, MEDIA_SHA256 } from '../testing/transfers.testing.js';
import { acknowledgementOf, type ExpectedIdentity, verifyStatusDocument } from './status-document.js';

const EXPECTED = { intent: intentOf(), frozen: frozenFor(), hubTransferId: null } as ExpectedIdentity;

describe('a status document', () => {
  it('is believed where every identity field equals the frozen intent', () => {
    expect(verifyStatusDocument(hubDocument(), EXPECTED)).toMatchObject({
      ok: true,
      document: { hub_transfer_id: HUB_TRANSFER_ID, transfer_status: 'applied', processed_media_hash: MEDIA_SHA256 },
    });
  });

  it.each([
    'transfer_key',
    'source_node_key',
    'target_node_key',
    'source_center_key',
    'resource_kind',
    'resource_hash',
    'processed_media_hash',
    'transfer_mode',
    'payload_schema_version',
    'id',
  ])('with another, a missing or an empty %s is about something else, and says which field it was', (field) => {
    const others = field === 'id' ? [undefined, '', null, 17, 'x'.repeat(65)] : [undefined, '', null, 17, 'other'];
    for (const value of others) {
      expect(verifyStatusDocument({ ...hubDocument(), [field]: value }, EXPECTED)).toEqual({
        ok: false,
        code: 'identity_mismatch',
        fields: [field],
      });
    }
  });

  it('keeps the id that the hub gave at first', () => {
    const later = { ...EXPECTED, hubTransferId: 'another-id' };
    expect(verifyStatusDocument(hubDocument(), later)).toMatchObject({ ok: false, fields: ['id'] });
    expect(verifyStatusDocument(hubDocument(), { ...EXPECTED, hubTransferId: HUB_TRANSFER_ID }).ok).toBe(true);
  });

  it('of contract 2.0 names no media, and its version must be 2.0', () => {
    const expected = { ...EXPECTED, frozen: frozenFor('endoreg-2.0') };
    expect(verifyStatusDocument(hubDocument('endoreg-2.0'), expected).ok).toBe(true);
    expect(verifyStatusDocument(hubDocument('endoreg-3.0'), expected)).toMatchObject({
      fields: ['payload_schema_version'],
    });
  });

  it.each([null, 'applied', 5, [], [hubDocument()], {}, { ...hubDocument(), transfer_status: null }])(
    'is not %j',
    (body) => {
      expect(verifyStatusDocument(body, EXPECTED)).toEqual({ ok: false, code: 'not_a_status_document', fields: [] });
    },
  );

  it('with a state that nobody knows is not believed', () => {
    expect(verifyStatusDocument(hubDocument('endoreg-3.0', 'finished'), EXPECTED)).toMatchObject({
      ok: false,
      code: 'unknown_hub_state',
    });
  });

  it('gives no free text of the hub away', () => {
    const canary = 'Canary, Maria *1950';
    const body = { ...hubDocument(), processing_decision: canary, detail: canary, resource_name: canary };
    const verified = verifyStatusDocument(body, EXPECTED);
    if (!verified.ok) throw new Error('It should be believed.');
    expect(JSON.stringify(verified)).not.toContain('Canary');
    expect(JSON.stringify(acknowledgementOf(verified.document, EXPECTED))).not.toContain('Canary');
  });
});
