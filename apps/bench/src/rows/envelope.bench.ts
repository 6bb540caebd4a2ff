import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atLeast } from '../report/goal.js';
import { cpuSeconds } from '../run/usage.process.js';
import type { Row } from '../run/workbench.server.js';
import { BenchSite } from '../site/bench-site.server.js';
import { mediaFile } from '../site/media.file.js';
import { ResourceSeed } from '../site/resources.seed.js';
import { Sending } from '../site/sending.service.js';

const MIB = 1024 ** 2;
const MB = 1e6;
const CHUNK = Buffer.alloc(4 * MIB, 7);

/** A sealed upload, sealing included, against the slower of the two computations that are in it, on one core. */
export const envelope: Row = {
  name: 'envelope',
  async prepare(workbench) {
    const size = (workbench.scale.size === 1 ? 512 : 96) * MIB;
    const site = await BenchSite.prepare(workbench, 'endoreg-3.0-envelope');
    const seed = new ResourceSeed(await site.log.pool('marking'));
    const media = await mediaFile(site.folder, size);
    const marking = await site.start('marking-service');
    const sender = await site.start('transfer-service');
    const sending = new Sending(site, seed, marking);
    const hubCpu = (): number => cpuSeconds(site.hub?.pid ?? 0);
    /** Seconds that sealing takes where nobody waits for anything: the computations, and a copy that is on disk. */
    let sealing = NaN;
    return {
      contestants: [
        {
          name: 'AES-256-GCM, SHA-256 and a copy on disk',
          measure: async () => {
            const [encrypted, hashed, copied] = [
              speed(size, aes()),
              speed(size, sha()),
              await copySpeed(join(site.folder, 'copy'), size),
            ];
            // To seal: encrypt, hash what comes in and what goes out; to send: hash once more, and encrypt for the line.
            sealing = (size / MB) * (1 / encrypted + 2 / hashed + 1 / copied);
            return { slower: Math.min(encrypted, hashed), computed: 1 / (2 / encrypted + 3 / hashed) };
          },
        },
        {
          name: 'sealed upload',
          measure: async () => {
            const [resource] = await sending.resources(1, media);
            if (resource === undefined) throw new Error('No resource was reported.');
            const before = hubCpu();
            await sending.send(sender, [resource]);
            const taking = hubCpu() - before;
            return {
              sealed: size / MB / (await sending.seconds(resource)),
              steps: size / MB / (sealing + taking),
            };
          },
        },
      ],
      comparisons: [
        { value: 'sealed', limit: 'slower', unit: 'MB/s', goal: atLeast(0.6) },
        { variant: 'beside all its computations', value: 'sealed', limit: 'computed', unit: 'MB/s' },
        // Nothing leaves before all of it is sealed and on disk, so the hub begins when sealing has ended.
        { variant: 'beside sealing and what the hub takes', value: 'sealed', limit: 'steps', unit: 'MB/s' },
      ],
    };
  },
};

/** MB/s of so many bytes on this core. */
function speed(size: number, update: (chunk: Buffer) => unknown): number {
  const begun = performance.now();
  for (let left = size; left > 0; left -= CHUNK.length) update(CHUNK);
  return size / MB / ((performance.now() - begun) / 1000);
}

/** MB/s of so many bytes that are written to a file and are on disk. */
async function copySpeed(path: string, size: number): Promise<number> {
  const begun = performance.now();
  const file = await open(path, 'w');
  try {
    for (let left = size; left > 0; left -= CHUNK.length) await file.write(CHUNK);
    await file.datasync();
  } finally {
    await file.close();
  }
  const speed = size / MB / ((performance.now() - begun) / 1000);
  await rm(path);
  return speed;
}

function aes(): (chunk: Buffer) => unknown {
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
  return (chunk) => cipher.update(chunk);
}

function sha(): (chunk: Buffer) => unknown {
  const hash = createHash('sha256');
  return (chunk) => hash.update(chunk);
}
