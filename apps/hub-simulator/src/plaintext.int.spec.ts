import { randomUUID } from 'node:crypto';
import { agentFor, TestHub } from './testing/hub.testing.js';
import { strangerIdentity } from './testing/certificates.testing.js';
import { reportPayload, sha256, VIDEO_BYTES, videoPayload, REPORT_BYTES } from './testing/payloads.testing.js';

// Real: HTTPS with client certificates, the journal and the media on disk. Nothing is faked.
describe.each(['endoreg-2.0', 'endoreg-3.0'] as const)('a hub of profile %s', (profile) => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start(profile);
  });
  beforeEach(() => hub.control.reset());
  afterAll(() => hub.close());

  it('takes a video from its registration to applied', async () => {
    const payload = videoPayload(profile);
    const created = await hub.create(payload);
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      transfer_key: payload.transfer_key,
      source_node_key: 'site-01',
      target_node_key: 'hub-01',
      source_center_key: 'center-a',
      transfer_status: 'awaiting_media',
      processing_decision: 'wait_for_missing_media',
      case_resolution_status: 'linked',
      cleanup_status: 'not_requested',
    });
    expect(Object.keys(created.json)).toHaveLength(profile === 'endoreg-2.0' ? 22 : 23);
    expect('processed_media_hash' in created.json).toBe(profile !== 'endoreg-2.0');

    const uploaded = await hub.upload(payload.transfer_key, VIDEO_BYTES);
    expect(uploaded.status).toBe(200);
    expect(uploaded.json).toMatchObject({
      id: created.json.id,
      transfer_status: 'applied',
      processing_decision: 'skip_processing_preserved_state',
    });
    expect(await hub.control.media(sha256(VIDEO_BYTES))).toEqual({ exists: true, size: VIDEO_BYTES.length });

    const told = await hub.status(payload.transfer_key);
    expect(told.json).toEqual(uploaded.json);
  });

  it('takes a report, and gives times with an offset', async () => {
    const payload = reportPayload(profile);
    const created = await hub.create(payload);
    expect(created.json.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0[12]:00$/);
    expect((await hub.upload(payload.transfer_key, REPORT_BYTES)).json.transfer_status).toBe('applied');
  });

  it('refuses wrong bytes and goes on waiting', async () => {
    const payload = videoPayload(profile);
    await hub.create(payload);
    const wrong = await hub.upload(payload.transfer_key, Buffer.from('other bytes'));
    expect(wrong.status).toBe(400);
    expect(Object.keys(wrong.json)).toEqual(['detail']);
    expect((await hub.status(payload.transfer_key)).json.transfer_status).toBe('awaiting_media');
    expect((await hub.control.media(sha256('other bytes'))).exists).toBe(false);
  });

  it('keeps the old media when wrong bytes come for an applied transfer, and takes the same bytes again', async () => {
    const payload = videoPayload(profile);
    await hub.create(payload);
    await hub.upload(payload.transfer_key, VIDEO_BYTES);
    expect((await hub.upload(payload.transfer_key, Buffer.from('other'))).status).toBe(400);
    expect((await hub.upload(payload.transfer_key, VIDEO_BYTES)).status).toBe(200);
    expect((await hub.status(payload.transfer_key)).json.transfer_status).toBe('applied');
  });

  it('tells faults of the media form as texts, not as lists', async () => {
    const payload = videoPayload(profile);
    await hub.create(payload);
    const noFile = await hub.upload(payload.transfer_key, null);
    expect([noFile.status, typeof noFile.json.file]).toEqual([400, 'string']);
    const raw = await hub.upload(payload.transfer_key, VIDEO_BYTES, { role: 'raw' });
    expect([raw.status, typeof raw.json.media_role]).toEqual([400, 'string']);
    await hub.control.configure({ max_upload_bytes: VIDEO_BYTES.length - 1 });
    const large = await hub.upload(payload.transfer_key, VIDEO_BYTES);
    expect([large.status, typeof large.json.file]).toEqual([400, 'string']);
    const json = await hub.call('POST', `${payload.transfer_key}/media/`, {
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(json.status).toBe(415);
  });

  it('refuses media for a transfer that was registered without', async () => {
    const payload = { ...videoPayload(profile), transfer_mode: 'metadata_only', processing_policy: 'reprocess_always' };
    expect((await hub.create(payload)).status).toBe(201);
    const refused = await hub.upload(payload.transfer_key, VIDEO_BYTES);
    expect([refused.status, typeof refused.json.detail]).toEqual([400, 'string']);
  });

  it('answers an exact replay with the stored job', async () => {
    const payload = videoPayload(profile);
    const first = await hub.create(payload);
    const again = await hub.create(payload);
    expect(again.status).toBe(200);
    expect(again.json).toEqual(first.json);
  });

  it('makes one job of registrations that meet', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => hub.create(videoPayload(profile))));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(7).fill(200), 201]);
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
  });

  it("refuses a registration whose parts fit and whose center is another node's", async () => {
    const answer = await hub.create({ ...videoPayload(profile), source_center_key: 'center-b' });
    expect(answer.status).toBe(profile === 'endoreg-2.0' ? 201 : 403);
  });

  it('validates before it asks who sent it, and looks for the key before it asks who wants to know', async () => {
    const stranger = { headers: { 'x-network-node-secret': 'wrong' } };
    expect((await hub.create({}, stranger)).status).toBe(400);
    expect((await hub.create(videoPayload(profile), stranger)).status).toBe(403);
    expect((await hub.status('unknown', stranger)).status).toBe(404);
    await hub.create(videoPayload(profile));
    expect((await hub.status(videoPayload(profile).transfer_key, stranger)).status).toBe(403);
  });

  it('tells a stranger one and the same thing, and the journal which', async () => {
    const bodies = [
      await hub.create(videoPayload(profile), { headers: { 'x-network-node-secret': 'wrong' } }),
      await hub.create(videoPayload(profile), { headers: { 'x-network-node-key': 'site-02' } }),
      await hub.create(
        { ...videoPayload(profile), source_node_key: 'site-open' },
        { headers: { 'x-network-node-key': 'site-open' } },
      ),
    ];
    expect(bodies.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(new Set(bodies.map(({ text }) => text)).size).toBe(1);
    const reasons = (await hub.control.requests()).slice(-3).map(({ reason }) => reason);
    expect(reasons).toEqual(['shared_secret_mismatch', 'node_key_mismatch', 'missing_shared_secret_hash']);
  });

  it('needs a client certificate: none is a 403, an untrusted or expired one an HTML 400 from the proxy', async () => {
    const payload = videoPayload(profile);
    const none = agentFor(hub.authority);
    const stranger = agentFor(hub.authority, await strangerIdentity('site-01'));
    const expired = agentFor(hub.authority, await hub.authority.issue('site-01', 'expired'));
    const answers = [];
    for (const agent of [none, stranger, expired]) {
      answers.push(await hub.create(payload, { agent }));
      await agent.destroy();
    }
    expect(answers.map(({ status }) => status)).toEqual([403, 400, 400]);
    expect(answers.map(({ json }) => json === undefined)).toEqual([false, true, true]);
    expect(answers[2]?.headers['content-type']).toContain('text/html');
  });

  it('is not there at all with the feature off', async () => {
    await hub.create(videoPayload(profile));
    await hub.control.configure({ feature_enabled: false });
    const answers = [await hub.create({}), await hub.status(videoPayload(profile).transfer_key)];
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });

  it('treats an inactive source node as a fault of the registration, and later as one of the caller', async () => {
    await hub.create(videoPayload(profile));
    await hub.control.configure({ nodes: [{ node_key: 'site-01', is_active: false }] });
    const created = await hub.create(videoPayload(profile));
    expect([created.status, Object.keys(created.json)]).toEqual([400, ['source_node_key']]);
    expect((await hub.status(videoPayload(profile).transfer_key)).status).toBe(403);
  });

  it('asks for the slash and the method', async () => {
    const noSlash = await hub.call('GET', 'some-key/status');
    expect([noSlash.status, noSlash.headers['location']]).toEqual([301, '/api/media/hub/transfers/some-key/status/']);
    expect((await hub.call('GET', 'some-key/media/')).status).toBe(405);
    expect((await hub.call('GET', 'a%2Fb/status/')).status).toBe(404);
  });

  it('finds its transfers again after a restart, also behind a torn last line', async () => {
    const { appendFile } = await import('node:fs/promises');
    const own = await TestHub.start(profile);
    const payload = videoPayload(profile);
    await own.create(payload);
    const applied = await own.upload(payload.transfer_key, VIDEO_BYTES);
    await own.running.close();
    await appendFile(`${own.config.dataDir}/journal.jsonl`, '{"seq":99,"type":"TransferForg');
    const again = await own.restart();
    expect((await again.status(payload.transfer_key)).json).toEqual(applied.json);
    expect((await again.control.media(sha256(VIDEO_BYTES))).exists).toBe(true);
    expect((await again.control.journal()).map(({ seq }) => seq)).toEqual(
      (await again.control.journal()).map((_, index) => index + 1),
    );
    await again.close();
  });

  it('has written down what it answers before it answers', async () => {
    const { readFile } = await import('node:fs/promises');
    const { json } = await hub.create(videoPayload(profile));
    const lines = (await readFile(`${hub.config.dataDir}/journal.jsonl`, 'utf8')).trimEnd().split('\n');
    expect(lines.at(-2)).toContain(json.id);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      type: 'RequestEnded',
      status: 201,
      commit: lines.length - 1,
    });
  });

  it('journals each request with what was asked, what came of it and when it counted', async () => {
    const payload = videoPayload(profile);
    const id = randomUUID();
    const body = JSON.stringify(payload);
    await hub.create(payload, { headers: { 'x-request-id': id } });
    await hub.upload(payload.transfer_key, VIDEO_BYTES, { headers: { 'x-request-id': id } });
    const stories = (await hub.control.requests()).filter((story) => story.x_request_id === id);
    expect(stories).toMatchObject([
      {
        step: 'create',
        method: 'POST',
        transfer_key: payload.transfer_key,
        outcome: 'answered',
        status: 201,
        transfer_status: 'awaiting_media',
        body_bytes: body.length,
        body_sha256: sha256(body),
        node_key: 'site-01',
      },
      {
        step: 'media',
        outcome: 'answered',
        status: 200,
        transfer_status: 'applied',
        media_bytes: VIDEO_BYTES.length,
        media_sha256: sha256(VIDEO_BYTES),
      },
    ]);
    for (const story of stories) expect(story.committed_at).not.toBeNull();
    const text = JSON.stringify(await hub.control.journal());
    for (const secret of ['open sesame', 'anonymized text', 'media.mp4']) expect(text).not.toContain(secret);
  });
});
