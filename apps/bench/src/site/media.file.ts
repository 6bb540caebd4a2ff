import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SiteResource } from './snapshot.js';

const CHUNK = 4 * 1024 * 1024;
const PDF_HEAD = '%PDF-1.4\n';

/** A report's media of so many bytes below the site's media folder, hardly compressible. */
export async function mediaFile(folder: string, size: number): Promise<SiteResource['media']> {
  const name = `bench-${size}.pdf`;
  const file = await open(join(folder, 'media/processed', name), 'w');
  const chunk = Buffer.alloc(Math.min(CHUNK, size));
  for (let at = 0; at < chunk.length; at += 1) chunk[at] = (at * 2_654_435_761) >>> 13;
  chunk.write(PDF_HEAD);
  for (let left = size; left > 0; left -= chunk.length) await file.write(chunk, 0, Math.min(left, chunk.length));
  await file.close();
  return described(folder, name, size);
}

/** The same, but a hole in the disk: nothing is stored but its beginning. */
export async function sparseMediaFile(folder: string, size: number): Promise<SiteResource['media']> {
  const name = `sparse-${size}.pdf`;
  const path = join(folder, 'media/processed', name);
  await writeFile(path, PDF_HEAD);
  await truncate(path, size);
  return described(folder, name, size);
}

/** Where a resource's media lies. */
export function pathOf(folder: string, { locator }: SiteResource['media']): string {
  return join(folder, 'media', locator.slice('file:'.length));
}

async function described(folder: string, name: string, size: number): Promise<SiteResource['media']> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(folder, 'media/processed', name), { highWaterMark: CHUNK }), hash);
  return { sha256: hash.digest('hex'), size, locator: `file:processed/${name}` };
}
