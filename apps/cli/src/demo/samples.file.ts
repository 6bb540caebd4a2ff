import type { ResourceKind, ResourceSnapshot } from '@hub-export/contracts';
import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../site/layout.js';

/** A resource that comes with the project; see `samples/README.md`. */
export interface Sample {
  readonly resource_kind: ResourceKind;
  readonly resource_hash: string;
  /** Beside the file of the sample. */
  readonly media_file: string;
  readonly snapshot: ResourceSnapshot;
}

const FOLDER = join(ROOT, 'apps', 'cli', 'samples');
const FILES = ['video.json', 'report.json'];

export function readSamples(): readonly Sample[] {
  return FILES.map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Sample);
}

/** Puts the media where the locator of the snapshot says; what is there already stays untouched. */
export function placeMedia({ media_file, snapshot }: Sample, mediaRoot: string): void {
  const target = join(mediaRoot, (snapshot.processed_media.locator ?? '').slice('file:'.length));
  if (statSync(target, { throwIfNoEntry: false })?.size === snapshot.processed_media.size) return;
  mkdirSync(dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}`;
  copyFileSync(join(FOLDER, media_file), draft);
  renameSync(draft, target);
}
