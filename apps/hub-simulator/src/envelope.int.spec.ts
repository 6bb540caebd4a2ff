import { TestHub } from './testing/hub.testing.js';
import { REPORT_BYTES, reportPayload, sha256, VIDEO_BYTES, videoPayload } from './testing/payloads.testing.js';
import { seal, testRecipient } from './testing/sealing.testing.js';

// Real: HTTPS, encryption, the journal and the media on disk.
describe.each(['endoreg-3.0-envelope', 'endoreg-3.0-envelope-raw-hash'] as const)('a hub of profile %s', (profile) => {
  const recipient = testRecipient();
  const payload = videoPayload(profile);
  const key = payload.transfer_key;
  const sealed = () => seal(payload, VIDEO_BYTES, recipient.publicKey);
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start(profile, { recipientPrivateKeys: [recipient.pem] });
  });
  beforeEach(() => hub.control.reset());
  afterAll(() => hub.close());

  async function statusOf(transferKey = key): Promise<string> {
    return (await hub.status(transferKey)).json.transfer_status;
  }

  it('opens a video, keeps its plaintext and gives a receipt', async () => {
    const created = await hub.create(payload);
    expect([created.status, created.json.envelope_receipt]).toEqual([201, undefined]);
    const upload = sealed();
    const answer = await hub.uploadSealed(key, upload);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      transfer_status: 'applied',
      envelope_receipt: {
        contract_version: 'hub_media_envelope_receipt_v1',
        receiver_transfer_id: created.json.id,
        ciphertext_sha256: sha256(upload.ciphertext),
        ciphertext_size: VIDEO_BYTES.length,
        plaintext_sha256: sha256(VIDEO_BYTES),
        transfer_status: 'applied',
        processing_decision: answer.json.processing_decision,
        verified: true,
      },
    });
    expect(Object.keys(answer.json)).toHaveLength(24);
    expect(Object.keys(answer.json.envelope_receipt)).toHaveLength(22);
    expect(await hub.control.media(sha256(VIDEO_BYTES))).toEqual({ exists: true, size: VIDEO_BYTES.length });
    expect((await hub.status(key)).json).toEqual(answer.json);
  });

  it('opens a report', async () => {
    const report = reportPayload(profile);
    await hub.create(report);
    await hub.uploadSealed(report.transfer_key, seal(report, REPORT_BYTES, recipient.publicKey));
    expect(await statusOf(report.transfer_key)).toBe('applied');
  });

  it('answers the exact upload again with the same receipt, and tells it to a lost sender who registers again', async () => {
    await hub.create(payload);
    const upload = sealed();
    const first = await hub.uploadSealed(key, upload);
    const again = await hub.uploadSealed(key, upload);
    expect([again.status, again.json.envelope_receipt]).toEqual([200, first.json.envelope_receipt]);
    const registered = await hub.create(payload);
    expect([registered.status, registered.json.envelope_receipt]).toEqual([200, first.json.envelope_receipt]);
  });

  it.each(['a new sealing', 'one flipped bit'] as const)(
    'is inconsistent for good after %s of applied media',
    async (what) => {
      await hub.create(payload);
      const upload = sealed();
      await hub.uploadSealed(key, upload);
      const flipped = Buffer.from(upload.ciphertext);
      flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
      const other = what === 'a new sealing' ? sealed() : { ...upload, ciphertext: flipped };
      const conflict = await hub.uploadSealed(key, other);
      expect(conflict.status).toBe(409);
      expect(conflict.json).toMatchObject({
        transfer_status: 'inconsistent',
        processing_decision: 'mark_inconsistent',
      });
      expect(typeof conflict.json.detail).toBe('string');
      expect((await hub.uploadSealed(key, upload)).status).toBe(400);
      expect(await statusOf()).toBe('inconsistent');
    },
  );

  it('holds a transfer for another upload, and gives it up when that was never heard of again', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ step: 'media', action: { type: 'claim', ms: 100 } });
    const busy = await hub.uploadSealed(key, sealed());
    expect([busy.status, busy.json.transfer_status]).toEqual([409, 'running']);
    const upload = sealed();
    const answers = [busy.status];
    while (answers.at(-1) === 409) answers.push((await hub.uploadSealed(key, upload)).status);
    expect(answers.at(-1)).toBe(200);
  });

  it('rejects an envelope on request, with the code it is told, and takes the next upload', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ name: 'reject-envelope-stream-incomplete' });
    const rejected = await hub.uploadSealed(key, sealed());
    expect([rejected.status, rejected.json.rejection_code]).toEqual([400, 'envelope_stream_incomplete']);
    expect(await statusOf()).toBe('failed');
    expect((await hub.uploadSealed(key, sealed())).status).toBe(200);
  });

  it('tells a receipt that is wrong in one field, and keeps the right one', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ name: 'wrong-receipt-ciphertext_sha256', step: 'media' });
    const lie = await hub.uploadSealed(key, sealed());
    expect(lie.json.envelope_receipt.ciphertext_sha256).toBe('another');
    const { envelope_receipt: kept } = (await hub.status(key)).json;
    expect(lie.json.envelope_receipt).toEqual({ ...kept, ciphertext_sha256: 'another' });
  });

  it('stays applied when a broken envelope comes afterwards', async () => {
    await hub.create(payload);
    const upload = sealed();
    await hub.uploadSealed(key, upload);
    expect((await hub.uploadSealed(key, upload, { headers: { 'x-hub-media-envelope': '{}' } })).status).toBe(400);
    expect(await statusOf()).toBe('applied');
  });

  it.each([
    ['envelope_metadata_invalid', 'envelope_metadata', () => ({ ...sealed(), envelope: {} as never })],
    [
      'envelope_identity_mismatch',
      'envelope_identity',
      () => seal({ ...payload, transfer_key: 'another' }, VIDEO_BYTES, recipient.publicKey),
    ],
    ['ciphertext_size_mismatch', 'ciphertext_staging', () => ({ ...sealed(), ciphertext: Buffer.from('short') })],
    ['recipient_key_unavailable', 'recipient_key_unwrap', () => seal(payload, VIDEO_BYTES, testRecipient().publicKey)],
    [
      'recipient_key_authentication_failed',
      'recipient_key_unwrap',
      () => {
        const one = sealed();
        return { ...one, envelope: { ...one.envelope, wrap_salt: 'AAECAwQFBgcICQoLDA0ODw' } };
      },
    ],
    [
      'envelope_payload_authentication_failed',
      'payload_authentication',
      () => ({ ...sealed(), ciphertext: Buffer.alloc(VIDEO_BYTES.length) }),
    ],
    [
      'envelope_plaintext_integrity_mismatch',
      'plaintext_integrity',
      () => {
        const other = Buffer.alloc(VIDEO_BYTES.length, 'x');
        const hash = sha256(VIDEO_BYTES);
        return seal(payload, other, recipient.publicKey, { processed_media_hash: hash, plaintext_sha256: hash });
      },
    ],
  ] as const)('rejects with %s, fails the job and takes the next upload', async (code, phase, broken) => {
    await hub.create(payload);
    const refused = await hub.uploadSealed(key, broken());
    expect(refused.status).toBe(400);
    expect(refused.json).toEqual({
      detail: expect.any(String),
      error_fields: ['envelope'],
      rejection_code: code,
      rejection_phase: phase,
    });
    expect(await statusOf()).toBe('failed');
    expect((await hub.create(payload)).json.transfer_status).toBe('failed');
    expect((await hub.uploadSealed(key, sealed())).json.transfer_status).toBe('applied');
  });

  it('tells a missing key of its own as its own fault', async () => {
    await hub.create(payload);
    await hub.control.configure({ recipient_private_keys: [] });
    expect((await hub.uploadSealed(key, sealed())).json.rejection_code).toBe('recipient_key_configuration_invalid');
  });

  it('checks the headers in its order, before it touches the job', async () => {
    await hub.create(payload);
    const upload = sealed();
    const answers = [];
    for (const headers of [
      { 'content-type': 'text/plain', 'x-hub-media-role': 'raw' },
      { 'x-hub-media-role': 'raw', 'x-hub-media-envelope': '' },
      { 'x-hub-media-envelope': '' },
      { 'x-hub-media-envelope': 'x'.repeat(4097) },
    ]) {
      answers.push(await hub.uploadSealed(key, upload, { headers }));
    }
    expect(answers.map(({ status, json }) => [status, ...Object.keys(json)])).toEqual([
      [415, 'detail'],
      [400, 'media_role'],
      [400, 'envelope'],
      [400, 'envelope'],
    ]);
    const empty = await hub.uploadSealed(key, { ...upload, ciphertext: Buffer.alloc(0) });
    expect(Object.keys(empty.json)).toEqual(['content_length']);
    const chunked = await hub.uploadSealed(key, upload, { body: chunks() });
    expect(Object.keys(chunked.json)).toEqual(['content_length']);
    await hub.control.configure({ max_upload_bytes: 3 });
    expect(Object.keys((await hub.uploadSealed(key, upload)).json)).toEqual(['file']);
    expect(await statusOf()).toBe('awaiting_media');
  });

  it('is busy while an upload holds the job, and lost to the next when the hold has expired', async () => {
    await hub.create(payload);
    await hub.control.setTransfer(key, { transfer_status: 'running' });
    const busy = await hub.uploadSealed(key, sealed());
    expect([busy.status, busy.json.transfer_status, typeof busy.json.detail]).toEqual([409, 'running', 'string']);
    await hub.control.setTransfer(key, {
      transfer_status: 'running',
      lease: { fencingToken: 1, expiresAt: '2026-01-01T00:00:00Z' },
    });
    expect((await hub.uploadSealed(key, sealed())).json.transfer_status).toBe('applied');
    const reasons = (await hub.control.journal()).flatMap((record) => ('because' in record ? [record.because] : []));
    expect(reasons.slice(-3)).toEqual(['lease-expired', 'upload-claimed', 'media-applied']);
  });

  it.each(['retry_wait', 'lost', 'failed', 'pending'])('takes media for a job that is %s', async (transfer_status) => {
    await hub.create(payload);
    await hub.control.setTransfer(key, { transfer_status });
    expect((await hub.uploadSealed(key, sealed())).json.transfer_status).toBe('applied');
  });

  it('shows a second upload that the first is running', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ step: 'media', action: { type: 'throttle', bytes_per_second: 100 } });
    const first = hub.uploadSealed(key, sealed());
    await running(hub, key);
    const second = await hub.uploadSealed(key, sealed());
    expect([second.status, second.json.transfer_status]).toEqual([409, 'running']);
    expect((await first).json.transfer_status).toBe('applied');
  });

  it('fails a job whose upload broke off', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ step: 'media', action: { type: 'cut-body', after_bytes: 10 } });
    await expect(hub.uploadSealed(key, sealed())).rejects.toThrow();
    expect(await statusOf()).toBe('failed');
  });

  it('takes no plaintext', async () => {
    await hub.create(payload);
    expect((await hub.upload(key, VIDEO_BYTES)).status).toBe(415);
  });

  it('breaks on the video of the other envelope profile, and takes its report', async () => {
    const other = profile === 'endoreg-3.0-envelope' ? 'endoreg-3.0-envelope-raw-hash' : 'endoreg-3.0-envelope';
    const refused = await hub.create(videoPayload(other));
    expect([refused.status, refused.json]).toEqual([500, undefined]);
    expect((await hub.create(reportPayload(other))).status).toBe(201);
  });
});

async function running(hub: TestHub, key: string): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) {
    if ((await hub.control.transfer(key))?.transfer_status === 'running') return;
  }
  throw new Error('The upload never ran.');
}

async function* chunks(): AsyncGenerator<Buffer> {
  yield Buffer.from('a');
}
