import { existsSync } from 'node:fs';
import { defaultFolder, layoutOf, type SiteLayout } from './layout.js';
import { isSiteRunning } from './site-lock.server.js';
import { readSiteState } from './site-state.file.js';
import type { SiteState } from './site-state.js';

/** A site of this machine that has run at least once. */
export interface KnownSite {
  readonly layout: SiteLayout;
  readonly state: SiteState;
}

/**
 * The site of a folder; without a folder that of the clone, the demo first, one that runs before one that does not.
 * Null where there has been none.
 */
export async function findLocalSite(folder: string | undefined): Promise<KnownSite | null> {
  const known = (folder === undefined ? [defaultFolder('demo'), defaultFolder('site')] : [folder]).flatMap(knownSite);
  for (const site of known) if (await isSiteRunning(site.layout.folder)) return site;
  return known[0] ?? null;
}

function knownSite(folder: string): readonly KnownSite[] {
  const layout = layoutOf(folder);
  const state = existsSync(layout.folder) ? readSiteState(layout.stateFile) : null;
  return state === null ? [] : [{ layout, state }];
}
