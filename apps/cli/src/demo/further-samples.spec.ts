import { createHash } from 'node:crypto';
import { parseSnapshot } from '@hub-export/contracts';
import { furtherSamples } from './further-samples.js';
import { mediaOf, readSamples } from './samples.file.js';

const further = furtherSamples(readSamples(), mediaOf);

describe('the further samples', () => {
  it('are resources of their own, as the services take them', () => {
    expect(new Set(further.map(({ resource_hash }) => resource_hash)).size).toBe(further.length);
    expect(new Set(further.map(({ snapshot }) => snapshot.processed_media.sha256)).size).toBe(further.length);
    for (const { resource_kind, resource_hash, snapshot } of further) {
      expect(() => parseSnapshot(resource_kind, snapshot)).not.toThrow();
      for (const { resource_hash: known, snapshot: sample } of readSamples()) {
        expect(JSON.stringify(snapshot)).not.toMatch(new RegExp(`${known}|${sample.processed_media.sha256}`));
      }
      expect(JSON.stringify(snapshot)).toContain(resource_hash);
    }
  });

  it('have the media that their snapshots say, still a PDF or an MP4', () => {
    for (const sample of further) {
      if (sample.appended === null) continue;
      const bytes = Buffer.concat([mediaOf(sample), sample.appended]);
      expect(bytes.length).toBe(sample.snapshot.processed_media.size);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sample.snapshot.processed_media.sha256);
      if (sample.resource_kind === 'report') expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
      else expect(boxesOf(bytes)).toEqual([...boxesOf(Buffer.from(mediaOf(sample))), 'free']);
    }
  });

  it('hold one that may not leave yet, and one whose file is lost', () => {
    expect(further.filter(({ snapshot }) => snapshot.anonymization_state === 'STARTED')).toHaveLength(1);
    expect(further.filter(({ appended }) => appended === null)).toHaveLength(1);
  });
});

/** The boxes at the top of an MP4, in order. */
function boxesOf(bytes: Buffer): readonly string[] {
  const names: string[] = [];
  for (let place = 0; place < bytes.length; place += bytes.readUInt32BE(place)) {
    names.push(bytes.subarray(place + 4, place + 8).toString());
  }
  return names;
}
