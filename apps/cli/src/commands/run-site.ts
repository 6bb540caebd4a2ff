import { mkdir } from 'node:fs/promises';
import { addressLines } from '../site/announcement.js';
import { layoutOf, type SiteKind, type SiteLayout } from '../site/layout.js';
import { Interrupted, interruption } from '../site/run.process.js';
import { lockSite } from '../site/site-lock.server.js';
import { LocalSite, type SiteOptions } from '../site/site.server.js';
import { readSiteState } from '../site/site-state.file.js';

/** Everything of `SiteOptions` that does not follow from the folder or from this run. */
export type SiteChoices = Omit<SiteOptions, 'layout' | 'signal' | 'say' | 'mediaRoot'> & {
  readonly mediaRoot?: string;
};

export interface SiteRun {
  readonly site: LocalSite;
  readonly layout: SiteLayout;
  readonly signal: AbortSignal;
}

/** Another run of the same folder is at work. */
const EXIT_RUNNING_ALREADY = 2;

/**
 * Runs a site in a folder: does the work, and stops everything whatever came of it.
 * @param work resolves with the exit code
 * @returns the exit code: that of the work, 1 after a failure, 2 where the site of the folder runs already
 */
export async function runSite(
  folder: string,
  choices: SiteChoices,
  work: (run: SiteRun) => Promise<number>,
): Promise<number> {
  const signal = interruption();
  const layout = layoutOf(folder);
  await mkdir(layout.folder, { recursive: true });
  const lock = await lockSite(layout.folder);
  if (lock === null) {
    sayRunning(layout, choices.kind);
    return EXIT_RUNNING_ALREADY;
  }
  const mediaRoot = choices.mediaRoot ?? layout.media;
  const site = await LocalSite.prepare({ ...choices, layout, mediaRoot, signal, say });
  try {
    return await work({ site, layout, signal });
  } catch (error) {
    if (error instanceof Interrupted) say(error.message);
    else sayFailure(error, layout);
    return error instanceof Interrupted ? EXIT_INTERRUPTED : 1;
  } finally {
    await site.stop();
    say('Everything is stopped.');
    await lock.release();
  }
}

/** What `runSite` answers where the work was interrupted; whether that is a success, the command decides. */
export const EXIT_INTERRUPTED = 130;

/** A line of the story. */
export function say(line: string): void {
  console.log(line);
}

function sayRunning(layout: SiteLayout, kind: SiteKind): void {
  const state = readSiteState(layout.stateFile);
  console.error(
    `This ${kind === 'demo' ? 'demo' : 'site'} runs already (process ${state?.pid ?? 'unknown'}), in ${layout.folder}`,
  );
  if (state !== null)
    for (const line of addressLines(state.ports, { withHub: state.kind === 'demo' })) console.error(line);
}

function sayFailure(error: unknown, layout: SiteLayout): void {
  console.error(`Failed: ${error instanceof Error ? error.message : String(error)}`);
  console.error(`The logs are in ${layout.logs}; those of PostgreSQL and nats-server beside it.`);
}
