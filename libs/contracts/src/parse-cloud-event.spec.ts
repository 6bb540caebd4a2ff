import fc from 'fast-check';
import { busSubject, cloudEventText, keyOfToken, subjectToken, toCloudEvent } from './cloud-event.js';
import { ContractFault } from './contract-fault.js';
import { EVENT_SAMPLES } from './events/event-samples.testing.js';
import type { RecordedEvent } from './recorded-event.js';
import { parseCloudEvent } from './parse-cloud-event.js';

const recorded: RecordedEvent = {
  globalSeq: 12,
  streamId: 'transfer-6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
  version: 3,
  id: '1b671a64-40d5-491e-99b0-da01ff1f3341',
  type: 'TransferQueued',
  data: EVENT_SAMPLES.TransferQueued,
  correlationId: 'c-1',
  causationId: null,
  recordedAt: '2026-11-01T10:00:00.123456Z',
  hash: 'e'.repeat(64),
};

describe('a committed event on the bus', () => {
  it('comes back as it stands in the log', () => {
    const { recorded: read, event } = parseCloudEvent(JSON.parse(cloudEventText(recorded)));
    expect(read).toEqual(recorded);
    expect(event.type).toBe('TransferQueued');
  });

  it('keeps data of a newer version as recorded, for the hash, and reads the event without it', () => {
    const newer = { ...recorded, data: { ...recorded.data, added_later: { constructor: 1 } } };
    const { recorded: read } = parseCloudEvent({
      ...toCloudEvent(recorded),
      data: { ...recorded.data, added_later: 1 },
    });
    expect(read.data).toEqual({ ...newer.data, added_later: 1 });
  });

  it('may bear extensions of others', () => {
    expect(() => parseCloudEvent({ ...toCloudEvent(recorded), traceparent: '00-1' })).not.toThrow();
  });

  it.each([
    ['specversion', '0.3', 'invalid_cloud_event'],
    ['id', 'x', 'invalid_cloud_event'],
    ['globalseq', 0, 'invalid_cloud_event'],
    ['streamversion', '3', 'invalid_cloud_event'],
    ['entryhash', 'E'.repeat(64), 'invalid_cloud_event'],
    ['time', 'yesterday', 'invalid_cloud_event'],
    ['data', [], 'invalid_cloud_event'],
    ['data', {}, 'invalid_event'],
    ['type', 'hub-export.v2.transfer.TransferQueued', 'unknown_event_type'],
    ['type', 'hub-export.v1.resource.TransferQueued', 'unknown_event_type'],
    ['type', 'hub-export.v1.transfer.TransferDreamt', 'unknown_event_type'],
  ])('is refused where %s is %j', (attribute, value, code) => {
    expect(() => parseCloudEvent({ ...toCloudEvent(recorded), [attribute]: value })).toThrow(
      expect.objectContaining({ name: 'ContractFault', code }),
    );
  });

  it('of any JSON is refused, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => parseCloudEvent(value)).toThrow(ContractFault);
      }),
    );
  });

  it('is published on the subject of its aggregate', () => {
    expect(busSubject(recorded.streamId, recorded.type)).toBe(
      'hub-export.v1.transfer.TransferQueued.6f0b7e0e-54a0-4b62-9d1a-9c1c8f1f4a11',
    );
    expect(busSubject('resource-video-abc', 'ResourceReported')).toBe(
      'hub-export.v1.resource.ResourceReported.video-abc',
    );
    expect(busSubject('egress', 'EgressStopped')).toBe('hub-export.v1.egress.EgressStopped.egress');
    expect(busSubject('node-site.a', 'NodeRecorded')).toBe('hub-export.v1.node.NodeRecorded.site%2Ea');
  });
});

describe('a key as one token of a subject', () => {
  it('is one token without wildcards, and comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        fc.pre(!/\p{Cs}/u.test(key));
        const token = subjectToken(key);
        expect(token).toMatch(/^[A-Za-z0-9_:%-]+$/);
        expect(keyOfToken(token)).toBe(key);
      }),
    );
  });

  it('that is none is told', () => {
    expect(keyOfToken('%E0%A4%A')).toBeNull();
  });
});
