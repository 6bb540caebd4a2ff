import { durableDrift, streamDrift } from './drift.js';
import { durableSpec } from './durable.js';
import { busStreams } from './streams.js';

const { HUB_EXPORT, HUB_EXPORT_SITE } = busStreams();
const durable = durableSpec({ stream: 'HUB_EXPORT', durable: 'audit', filter: 'hub-export.v1.>' });

describe('drift of a stream', () => {
  it('is none where the server has what is wanted and more besides', () => {
    expect(streamDrift(HUB_EXPORT, { ...HUB_EXPORT, max_msgs: -1, sealed: false })).toEqual([]);
  });

  it('is none where the server leaves out what is false or 0', () => {
    const { deny_delete: _, deny_purge: __, max_age: ___, ...told } = HUB_EXPORT_SITE;
    expect(streamDrift(HUB_EXPORT_SITE, told)).toEqual([]);
  });

  it('does not care for the order of subjects, but for each of them', () => {
    const two = { ...HUB_EXPORT, subjects: ['a', 'b'] };
    expect(streamDrift(two, { ...HUB_EXPORT, subjects: ['b', 'a'] })).toEqual([]);
    expect(streamDrift(two, { ...HUB_EXPORT, subjects: ['b'] })).toMatchObject([{ field: 'subjects', mendable: true }]);
  });

  it('names stream, field, wanted and actual', () => {
    expect(streamDrift(HUB_EXPORT, { ...HUB_EXPORT, max_bytes: 7 })).toEqual([
      { stream: 'HUB_EXPORT', field: 'max_bytes', wanted: HUB_EXPORT.max_bytes, actual: 7, mendable: true },
    ]);
  });

  it.each(['discard', 'max_age', 'max_msg_size', 'duplicate_window', 'num_replicas'])(
    'in %s can be mended',
    (field) => {
      expect(streamDrift(HUB_EXPORT, { ...HUB_EXPORT, [field]: 'other' })).toMatchObject([{ field, mendable: true }]);
    },
  );

  it.each(['storage', 'retention'])('in %s cannot be mended', (field) => {
    expect(streamDrift(HUB_EXPORT, { ...HUB_EXPORT, [field]: 'other' })).toMatchObject([{ field, mendable: false }]);
  });

  it('in a refusal to delete can be mended one way only', () => {
    expect(streamDrift(HUB_EXPORT, { ...HUB_EXPORT, deny_delete: false })).toMatchObject([{ mendable: true }]);
    expect(streamDrift(HUB_EXPORT_SITE, { ...HUB_EXPORT_SITE, deny_purge: true })).toMatchObject([{ mendable: false }]);
  });
});

describe('drift of a durable', () => {
  it('is none whatever place it started from', () => {
    expect(durableDrift(durable, { ...durable, deliver_policy: 'by_start_sequence', opt_start_seq: 9 })).toEqual([]);
  });

  it.each([
    ['max_ack_pending', 1000, true],
    ['max_deliver', -1, true],
    ['ack_wait', 1, true],
    ['filter_subject', 'other', false],
    ['ack_policy', 'none', false],
  ])('in %s of %s is mendable: %s', (field, actual, mendable) => {
    expect(durableDrift(durable, { ...durable, [field]: actual })).toEqual([
      {
        stream: 'HUB_EXPORT',
        durable: 'audit',
        field,
        wanted: durable[field as keyof typeof durable],
        actual,
        mendable,
      },
    ]);
  });

  it('is found where the server pushes instead of being asked', () => {
    expect(durableDrift(durable, { ...durable, deliver_subject: 'x' })).toMatchObject([
      { field: 'deliver_subject', mendable: false },
    ]);
  });
});

describe('a durable', () => {
  it('keeps order unless told otherwise', () => {
    expect(durable.max_ack_pending).toBe(1);
  });

  it.each([0, 65, 1.5])('does not handle %s messages at once', (concurrency) => {
    expect(() => durableSpec({ stream: 'HUB_EXPORT', durable: 'a', filter: '>', concurrency })).toThrow(RangeError);
  });

  it('has a name that is one token', () => {
    expect(() => durableSpec({ stream: 'HUB_EXPORT', durable: 'a.b', filter: '>' })).toThrow(RangeError);
  });
});

describe('the streams', () => {
  it('leave room for the headers of whatever is parked, within the payload a server is to take', () => {
    const { HUB_EXPORT_PARKED: parked } = busStreams();
    expect(parked.max_msg_size).toBeGreaterThan(Math.max(HUB_EXPORT.max_msg_size, HUB_EXPORT_SITE.max_msg_size));
    expect(parked.max_msg_size).toBeLessThanOrEqual(8 * 1024 * 1024);
  });
});
