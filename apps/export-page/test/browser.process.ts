import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
export const WAIT_MS = 20_000;

/**
 * The machine's Chromium: `CHROMIUM_BIN`, else the first of its usual names on PATH.
 * @throws Error that says what to install.
 */
export function chromiumFile(environment: NodeJS.ProcessEnv = process.env): string {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const named = environment.CHROMIUM_BIN;
  const candidates = named ? [named] : folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error('The browser tests need Chromium: install it (apt-get install chromium), or set CHROMIUM_BIN.');
}

/**
 * Whether the browser tests are to run: where there is a Chromium, and where `BROWSER_TESTS=required` says that a machine
 * without one is at fault.
 */
export function browserIsExpected(environment: NodeJS.ProcessEnv = process.env): boolean {
  if (environment.BROWSER_TESTS === 'required') return true;
  try {
    return chromiumFile(environment) !== '';
  } catch {
    return false;
  }
}

export function launchBrowser(): Promise<Browser> {
  const args = ['--disable-dev-shm-usage', '--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return chromium.launch({ executablePath: chromiumFile(), args });
}

export interface Seen {
  readonly page: Page;
  /** What the browser complained of: errors of scripts, and what the content security policy refused. */
  readonly complaints: string[];
}

/** A page of a new, empty browser profile. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Seen> {
  const context = await browser.newContext({
    locale: 'de-DE',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|\[Vue warn\]|\[intlify\]/i.test(message.text())) complaints.push(message.text());
  });
  return { page, complaints };
}

/** What bears this name for tests. */
export function named(of: Page | Locator, name: string): Locator {
  return of.locator(`[data-test="${name}"]`);
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds against WCAG 2.2 AA, each with the elements it is about. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger, past the policy of the page, which allows no script but its own.
  await page.evaluate(AXE);
  return page.evaluate<string[]>(`
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.map(({ id, nodes }) =>
        id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 160) + ' — ' + failureSummary).join(' | ')))`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
