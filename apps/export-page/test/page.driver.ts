import { readFileSync } from 'node:fs';
import { eventually } from '@hub-export/testing';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { named, openPage, type Seen, WAIT_MS } from './browser.process.js';
import type { DemoSite, ReportedResource } from './demo-site.process.js';

export type Person = 'viewer' | 'operator' | 'operations' | 'auditor' | 'everything';

/** What a person does with the page, and what they see of it. */
export class PageDriver {
  readonly page: Page;

  private constructor(
    private readonly site: DemoSite,
    private readonly seen: Seen,
  ) {
    this.page = seen.page;
  }

  static async open(site: DemoSite, browser: Browser, options: BrowserContextOptions = {}): Promise<PageDriver> {
    return new PageDriver(site, await openPage(browser, options));
  }

  /** What the browser complained of. */
  get complaints(): readonly string[] {
    return this.seen.complaints;
  }

  async signIn(as: Person, path = '/'): Promise<void> {
    const next = new URLSearchParams({ as, next: path });
    await this.page.goto(`${this.site.origin}/session/dev-sign-in?${next.toString()}`);
    await this.isLive();
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.site.origin}${path}`);
    await this.isLive();
  }

  isLive(): Promise<void> {
    return this.page.locator('[data-test="live"][data-status="live"]').waitFor();
  }

  named(name: string): Locator {
    return named(this.page, name);
  }

  row({ kind, hash }: ReportedResource): Locator {
    return this.named(`row-${kind}-${hash}`);
  }

  /** Waits until the row says this state. */
  async rowIs({ kind, hash }: ReportedResource, status: string): Promise<void> {
    await this.page.locator(`[data-test="row-${kind}-${hash}"][data-status="${status}"]`).waitFor();
  }

  async rowIsGone(resource: ReportedResource): Promise<void> {
    await this.row(resource).waitFor({ state: 'detached' });
  }

  async select(...resources: readonly ReportedResource[]): Promise<void> {
    for (const resource of resources) await named(this.row(resource), 'select').check();
  }

  async act(act: string, resource: ReportedResource): Promise<void> {
    await named(this.row(resource), `act-${act}`).click();
  }

  /** Presses a button as the keyboard does, once it can be pressed: one that is disabled takes no focus. */
  async press(button: Locator): Promise<void> {
    await button.and(this.page.locator(':enabled')).waitFor();
    await button.focus();
    await this.page.keyboard.press('Enter');
  }

  async confirm(): Promise<void> {
    await this.named('confirm').click();
  }

  async show(view: string): Promise<void> {
    await this.named(`view-${view}`).click();
    await this.page.locator(`[data-test="view-${view}"][aria-pressed="true"]`).waitFor();
  }

  /** What stands there, as it is read. */
  async textOf(name: string): Promise<string> {
    return (await this.named(name).first().innerText({ timeout: WAIT_MS })).replace(/\s+/g, ' ').trim();
  }

  /** The text of the file that a click brings; asked again while the service has not got so far. */
  async downloadedBy(name: string): Promise<string> {
    return eventually(
      async () => {
        const [download] = await Promise.all([
          this.page.waitForEvent('download', { timeout: 2_000 }),
          this.named(name).click(),
        ]);
        return readFileSync(await download.path(), 'utf8');
      },
      { what: `the file of ${name}`, withinMs: 30_000 },
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
