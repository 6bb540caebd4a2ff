import type { ResourceKind, ResourceSnapshot } from '@hub-export/contracts';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../site/layout.js';
import type { FurtherSample } from './further-samples.js';

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

/** The bytes of a sample's media. */
export function mediaOf({ media_file }: Sample): Uint8Array {
  return readFileSync(join(FOLDER, media_file));
}

/** Puts the media where the locator of the snapshot says; what is there already stays untouched. */
export function placeMedia(sample: Sample, mediaRoot: string): void {
  place(sample, mediaRoot, () => mediaOf(sample));
}

/** The same of a further sample; one whose file is lost has none to place. */
export function placeFurtherMedia(sample: FurtherSample, mediaRoot: string): void {
  const { appended } = sample;
  if (appended !== null) place(sample, mediaRoot, () => Buffer.concat([mediaOf(sample), appended]));
}

function place({ snapshot }: Sample, mediaRoot: string, bytes: () => Uint8Array): void {
  const target = join(mediaRoot, (snapshot.processed_media.locator ?? '').slice('file:'.length));
  if (statSync(target, { throwIfNoEntry: false })?.size === snapshot.processed_media.size) return;
  mkdirSync(dirname(target), { recursive: true });
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, bytes());
  renameSync(draft, target);
}
