import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { strangerIdentity } from './testing/certificates.testing.js';
import { type FaultAction } from './faults/fault.js';
import { TestHub, type Reply } from './testing/hub.testing.js';
import { sha256, VIDEO_BYTES, videoPayload } from './testing/payloads.testing.js';

// Real: HTTPS, sockets, the journal. What a fault does is seen from the sender's side and in the journal.
describe('a hub that misbehaves', () => {
  const payload = videoPayload();
  const key = payload.transfer_key;
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start('endoreg-3.0');
  });
  beforeEach(() => hub.control.reset());
  afterAll(() => hub.close());

  function on(step: 'create' | 'media' | 'status', action: FaultAction): Promise<void> {
    return hub.control.addFaults({ step, action });
  }

  /** How a call ended for its sender: a status, or the code of the error. */
  async function outcome(call: Promise<Reply>): Promise<unknown> {
    return call.then(
      ({ status }) => status,
      (error: { code?: string }) => error.code,
    );
  }

  it('resets the connection before it has looked at a registration', async () => {
    await on('create', { type: 'reset' });
    expect(await outcome(hub.create(payload))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await hub.control.transfers()).toEqual([]);
    const [last] = (await hub.control.requests()).slice(-1);
    expect(last).toMatchObject({ step: 'create', outcome: 'withheld', status: null, commit: null, fault: 'reset' });
    expect(await outcome(hub.create(payload))).toBe(201);
  });

  it('resets a connection as soon as it is accepted, and the next one no more', async () => {
    await hub.control.addFaults({ action: { type: 'refuse-connection' } });
    const agent = new Agent({ connect: { ca: hub.authority.cert } });
    expect(await outcome(hub.status(key, { agent }))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await outcome(hub.status(key, { agent }))).toBe(404);
    await agent.destroy();
  });

  it('refuses connections while it does not listen', async () => {
    await hub.control.configure({ listening: false });
    expect(await outcome(hub.create(payload))).toBe('ECONNREFUSED');
    await hub.control.configure({ listening: true });
    expect(await outcome(hub.create(payload))).toBe(201);
  });

  it('applies a registration and loses the answer', async () => {
    await on('create', { type: 'lose-answer' });
    expect(await outcome(hub.create(payload))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect((await hub.control.transfer(key))?.transfer_status).toBe('awaiting_media');
    const [story] = (await hub.control.requests()).slice(-1);
    expect(story).toMatchObject({ outcome: 'withheld', status: 201, transfer_status: 'awaiting_media' });
    expect(story?.committed_at).not.toBeNull();
    expect(await outcome(hub.create(payload))).toBe(200);
  });

  it('applies media and loses the answer', async () => {
    await hub.create(payload);
    await on('media', { type: 'lose-answer' });
    expect(await outcome(hub.upload(key, VIDEO_BYTES))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect((await hub.status(key)).json.transfer_status).toBe('applied');
  });

  it('cuts an upload after so many bytes and keeps none of it', async () => {
    await hub.create(payload);
    await on('media', { type: 'cut-body', after_bytes: 50 });
    expect(await outcome(hub.upload(key, VIDEO_BYTES))).toMatch(/ECONNRESET|UND_ERR_SOCKET|EPIPE/);
    const [story] = (await hub.control.requests()).slice(-1);
    expect(story).toMatchObject({ step: 'media', outcome: 'withheld', body_bytes: 50, commit: null });
    expect((await hub.status(key)).json.transfer_status).toBe('awaiting_media');
  });

  it('cuts an answer in its middle', async () => {
    await on('create', { type: 'cut-answer', after_bytes: 20 });
    expect(await outcome(hub.create(payload))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect((await hub.control.transfer(key))?.transfer_status).toBe('awaiting_media');
  });

  it.each(['before', 'after'] as const)('hangs %s it has looked at the request', async (when) => {
    await on('create', { type: 'hang', when });
    const impatient = new Agent({
      connect: { ca: hub.authority.cert, ...(await hub.authority.issue('c')) },
      headersTimeout: 300,
    });
    expect(await outcome(hub.create(payload, { agent: impatient }))).toBe('UND_ERR_HEADERS_TIMEOUT');
    await impatient.destroy();
    expect((await hub.control.transfers()).length).toBe(when === 'after' ? 1 : 0);
  });

  it('never reads a body', async () => {
    await hub.create(payload);
    await on('media', { type: 'never-read' });
    const impatient = new Agent({
      connect: { ca: hub.authority.cert, ...(await hub.authority.issue('c')) },
      headersTimeout: 300,
    });
    const large = Buffer.alloc(32 * 1024 * 1024);
    expect(await outcome(hub.upload(key, large, { agent: impatient }))).toMatch(/UND_ERR|ECONNRESET/);
    await impatient.destroy();
    const story = await until(
      async () => (await hub.control.requests({ step: 'media' })).at(-1),
      (s) => s?.outcome !== 'open',
    );
    expect(story).toMatchObject({ outcome: 'withheld', body_bytes: 0, fault: 'never-read' });
  });

  it('answers late, reads slowly, and is right all the same', async () => {
    await on('create', { type: 'delay', ms: 50, when: 'after' });
    expect(await outcome(hub.create(payload))).toBe(201);
    await on('media', { type: 'throttle', bytes_per_second: 10_000 });
    const began = performance.now();
    expect(await outcome(hub.upload(key, VIDEO_BYTES))).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(20);
  });

  it('answers something else instead of looking at the request', async () => {
    await on('create', {
      type: 'answer',
      when: 'before',
      status: 503,
      headers: { 'Retry-After': '7' },
      body: '<html></html>',
    });
    const answer = await hub.create(payload);
    expect([answer.status, answer.headers['retry-after'], answer.json]).toEqual([503, '7', undefined]);
    expect(await hub.control.transfers()).toEqual([]);
    await on('create', { type: 'answer', when: 'before', status: 307, headers: { location: 'https://127.0.0.1:1/' } });
    expect(await outcome(hub.create(payload))).toBe(307);
  });

  it('answers early without reading the body, and closes', async () => {
    await hub.create(payload);
    await on('media', { type: 'answer', when: 'before', status: 413, body: '<html></html>', unread: true });
    const large = Buffer.alloc(32 * 1024 * 1024);
    expect(await outcome(hub.upload(key, large))).not.toBe(200);
    const [story] = (await hub.control.requests({ step: 'media' })).slice(-1);
    expect(story).toMatchObject({ status: 413, body_bytes: 0 });
  });

  it('answers a body that is no JSON, or far too large, after applying', async () => {
    await on('create', { type: 'answer', when: 'after', status: 200, body: '<html>portal</html>' });
    expect((await hub.create(payload)).json).toBeUndefined();
    expect((await hub.control.transfers()).length).toBe(1);
    await on('status', { type: 'answer', when: 'after', status: 200, body: '{}', fill_bytes: 5_000_000 });
    expect((await hub.status(key)).text.length).toBe(5_000_002);
  });

  it('lies about any field of a document, and remembers the truth', async () => {
    await hub.create(payload);
    await on('status', {
      type: 'lie',
      set: { transfer_status: 'applied', resource_hash: 'another' },
      remove: ['id'],
      headers: { 'Content-Type': 'text/plain' },
    });
    const lie = await hub.status(key);
    expect(lie.json).toMatchObject({ transfer_status: 'applied', resource_hash: 'another' });
    expect([lie.json.id, lie.headers['content-type']]).toEqual([undefined, 'text/plain']);
    const [story] = (await hub.control.requests()).slice(-1);
    expect(story?.transfer_status).toBe('awaiting_media');
    expect((await hub.status(key)).json.transfer_status).toBe('awaiting_media');
  });

  it('stores wrong bytes and says applied', async () => {
    await hub.create(payload);
    await on('media', { type: 'store-wrong-bytes' });
    expect((await hub.upload(key, VIDEO_BYTES)).json.transfer_status).toBe('applied');
    expect((await hub.control.media(sha256(VIDEO_BYTES))).exists).toBe(false);
    const stored = (await hub.control.transfer(key))?.media;
    expect(stored?.sha256).not.toBe(sha256(VIDEO_BYTES));
    expect(await hub.control.media(stored?.sha256 ?? '')).toEqual({ exists: true, size: VIDEO_BYTES.length });
  });

  it('moves a transfer to any state, by a fault or by the control interface', async () => {
    await on('create', { type: 'force', set: { transfer_status: 'running' } });
    expect((await hub.create(payload)).json.transfer_status).toBe('running');
    expect((await hub.status(key)).json.transfer_status).toBe('running');
    await hub.control.setTransfer(key, { transfer_status: 'lost' });
    expect((await hub.status(key)).json.transfer_status).toBe('lost');
    await expect(hub.control.setTransfer(key, { id: 'another' })).rejects.toThrow('400');
  });

  it('forgets a transfer, and takes it as new', async () => {
    const first = await hub.create(payload);
    await hub.control.forget(key);
    expect((await hub.status(key)).status).toBe(404);
    const second = await hub.create(payload);
    expect(second.status).toBe(201);
    expect(second.json.id).not.toBe(first.json.id);
  });

  it('meets the requests of one key only, after the first few, for so many times', async () => {
    await hub.create(payload);
    const action = { type: 'answer', when: 'before', status: 500 } as const;
    await hub.control.addFaults({ step: 'status', transfer_key: key, after: 1, times: 2, action });
    const answers = [];
    for (const asked of [key, 'another', key, key, key]) answers.push((await hub.status(asked)).status);
    expect(answers).toEqual([200, 404, 500, 500, 200]);
    expect(await hub.control.faults()).toEqual([]);
    await hub.control.addFaults({
      step: 'create',
      transfer_key: key,
      times: 'forever',
      action: { type: 'lose-answer' },
    });
    expect(await outcome(hub.create({ ...payload, transfer_key: 'another-key' }))).toBe(201);
    expect(await outcome(hub.create(payload))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    expect(await outcome(hub.create(payload))).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
    await hub.control.clearFaults();
    expect(await outcome(hub.create(payload))).toBe(200);
  });

  it('shows another certificate from the next connection on', async () => {
    await hub.control.configure({ tls: await strangerIdentity('hub') });
    const agent = new Agent({ connect: { ca: hub.authority.cert } });
    expect(await outcome(hub.status(key, { agent }))).toMatch(/CERT|UNABLE|SIGNATURE/);
    await agent.destroy();
  });

  it('shows another certificate to one connection, or ends its handshake with an alert', async () => {
    const { cert, key: privateKey } = await strangerIdentity('hub');
    await hub.control.addFaults(
      { action: { type: 'certificate', cert, key: privateKey } },
      { name: 'certificate-refused' },
    );
    for (const seen of [/CERT|UNABLE|SIGNATURE/, /ALERT_BAD_CERTIFICATE/, /^404$/]) {
      const agent = new Agent({ connect: { ca: hub.authority.cert } });
      expect(String(await outcome(hub.status(key, { agent })))).toMatch(seen);
      await agent.destroy();
    }
  });

  it('answers slowly from the first header on', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ name: 'slow-headers', step: 'status' });
    const impatient = new Agent({
      connect: { ca: hub.authority.cert, ...(await hub.authority.issue('c')) },
      headersTimeout: 300,
    });
    expect(await outcome(hub.status(key, { agent: impatient }))).toBe('UND_ERR_HEADERS_TIMEOUT');
    await impatient.destroy();
    await on('status', { type: 'drip-answer', bytes_per_second: 100_000 });
    expect((await hub.status(key)).json.transfer_key).toBe(key);
  });

  it('answers the true document with another status', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ name: '409-same', step: 'create', transfer_key: key });
    const answer = await hub.create(payload);
    expect([answer.status, answer.json.transfer_status]).toEqual([409, 'awaiting_media']);
  });

  it('forgets a transfer before it looks at a request, or when it has answered', async () => {
    await hub.create(payload);
    await hub.control.addFaults({ name: 'amnesia', step: 'media' }, { name: 'amnesia-after', step: 'create' });
    expect((await hub.upload(key, VIDEO_BYTES)).status).toBe(404);
    expect((await hub.create(payload)).status).toBe(201);
    expect((await hub.status(key)).status).toBe(404);
  });

  it('refuses rules and settings that make no sense', async () => {
    const wrong: unknown[] = [
      { action: { type: 'explode' } },
      { action: { type: 'delay', ms: -1, when: 'before' } },
      { step: 'nowhere', action: { type: 'reset' } },
      { step: 'create', transfer_key: key, action: { type: 'cut-body', after_bytes: 1 } },
      { step: 'media', action: { type: 'refuse-connection' } },
      { step: 'media', name: 'certificate-refused' },
      { step: 'media', name: 'earthquake' },
      { step: 'media', action: { type: 'reject', rejection_code: 'no_code' } },
    ];
    for (const rule of wrong) await expect(hub.control.addFaults(rule as never)).rejects.toThrow('400');
    expect(await hub.control.faults()).toEqual([]);
    for (const settings of [
      { profile: 'endoreg-1.0' },
      { lease_ms: 0 },
      { nodes: [{ node_key: 'nobody' }] },
      { other: 1 },
    ]) {
      await expect(hub.control.configure(settings as never)).rejects.toThrow('400');
    }
  });

  it('notes a client that leaves in the middle of an upload', async () => {
    await hub.create(payload);
    const leaving = new AbortController();
    async function* body() {
      yield Buffer.from('--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\npart');
      leaving.abort();
      yield Buffer.from('never');
    }
    const { request } = await import('undici');
    const sent = request(new URL(`api/media/hub/transfers/${key}/media/`, hub.running.url), {
      method: 'POST',
      dispatcher: hub.agent,
      signal: leaving.signal,
      headers: {
        'content-type': 'multipart/form-data; boundary=x',
        'x-network-node-key': 'site-01',
        'x-network-node-secret': 'open sesame',
      },
      body: Readable.from(body()),
    });
    await expect(sent).rejects.toThrow();
    const story = await until(
      async () => (await hub.control.requests({ step: 'media' })).at(-1),
      (s) => s !== undefined && s.outcome !== 'open',
    );
    expect(story).toMatchObject({ outcome: 'client-gone', status: null, commit: null });
    expect((await hub.status(key)).json.transfer_status).toBe('awaiting_media');
  });
});

/** Asks again until the answer is as wanted; gives up after two seconds. */
async function until<Value>(ask: () => Promise<Value>, wanted: (value: Value) => boolean): Promise<Value> {
  const deadline = performance.now() + 2000;
  for (;;) {
    const value = await ask();
    if (wanted(value) || performance.now() > deadline) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
