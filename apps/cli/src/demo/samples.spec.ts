import {
  buildPayload,
  parseNodeDocument,
  parseSnapshot,
  sampleTransfer,
  transferKey,
  validatePayload,
} from '@hub-export/contracts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf, ROOT } from '../site/layout.js';
import { nodeDocuments } from './network.js';
import { readSamples } from './samples.file.js';
import { verificationFaults } from './verification.js';

const samples = readSamples();
const layout = layoutOf('/tmp/a-demo');

describe.each(samples.map((sample) => [sample.resource_kind, sample] as const))('the sample %s', (kind, sample) => {
  const { sha256, size, suffix, locator } = sample.snapshot.processed_media;

  it('is a snapshot as a site tells it', () => {
    expect(parseSnapshot(kind, sample.snapshot)).toBe(sample.snapshot);
  });

  it('has the hash and size that its snapshot says', () => {
    const media = readFileSync(join(ROOT, 'apps/cli/samples', sample.media_file));
    expect({ sha256: createHash('sha256').update(media).digest('hex'), size: media.length }).toEqual({ sha256, size });
    expect(locator).toBe(`file:processed/${sha256}${suffix}`);
  });

  it('is named by the hash of a raw source that is only a text', () => {
    const text = `Hub Export sample: the raw ${kind}`;
    expect(sample.resource_hash).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('makes a payload that the hub of the demo takes', () => {
    const identity = { source_node_key: 'site-a', resource_kind: kind, resource_hash: sample.resource_hash };
    const transfer = { ...sampleTransfer(kind), ...identity, transfer_key: transferKey(identity) };
    const payload = buildPayload({ profile: 'endoreg-3.0', transfer, snapshot: sample.snapshot });
    expect(validatePayload('endoreg-3.0', payload)).toEqual([]);
  });

  describe('is verified', () => {
    const held = {
      transfer: {
        transfer_status: 'applied',
        resource_hash: sample.resource_hash,
        media: { sha256: sha256 ?? '', size: size ?? 0 },
      },
      storedMedia: { exists: true, size: size ?? 0 },
    };

    it('when the hub holds just these bytes, applied', () => {
      expect(verificationFaults(sample, held)).toEqual([]);
    });

    it.each([
      ['knows no transfer', { ...held, transfer: null }],
      ['has not applied it', { ...held, transfer: { ...held.transfer, transfer_status: 'awaiting_media' } }],
      ['applied other media', { ...held, transfer: { ...held.transfer, media: { sha256: 'f'.repeat(64), size: 1 } } }],
      ['has it as another resource', { ...held, transfer: { ...held.transfer, resource_hash: 'f'.repeat(64) } }],
      ['holds no media', { ...held, storedMedia: { exists: false, size: null } }],
      ['holds a part of the media', { ...held, storedMedia: { exists: true, size: 1 } }],
    ])('not when the hub %s', (_, word) => {
      expect(verificationFaults(sample, word)).toHaveLength(1);
    });
  });
});

describe('the nodes of the demo', () => {
  const documents = nodeDocuments(layout, { url: 'https://127.0.0.1:4443', caFile: '/tmp/a-demo/ca.crt' });

  it.each(Object.entries(documents))('are documents the transfer-service takes: %s', (_, document) => {
    expect(parseNodeDocument(document)).toEqual(document);
  });

  it('name the secret and do not hold it', () => {
    expect(documents['site-a']).toMatchObject({ secret_ref: 'file:/tmp/a-demo/secrets/node-secret' });
  });
});
