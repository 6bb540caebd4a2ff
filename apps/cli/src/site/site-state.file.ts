import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseSiteState, type SiteState } from './site-state.js';

/** Null where there was no run, or its note cannot be read. */
export function readSiteState(file: string): SiteState | null {
  try {
    return parseSiteState(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** A reader sees the old state or the new one, never a part. */
export function writeSiteState(file: string, state: SiteState): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(draft, file);
}
