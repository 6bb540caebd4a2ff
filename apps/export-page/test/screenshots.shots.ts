import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, named, openPage } from './browser.process.js';
import { DemoSite, type ReportedResource } from './demo-site.process.js';

/** `npm run screenshots` makes the pictures of docs/export-page.md from the running demo. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'docs', 'images', 'export-page');
const NARROW = { viewport: { width: 390, height: 844 } } as const;
const WIDE = { viewport: { width: 1240, height: 720 } } as const;

describe('the pictures of the page', () => {
  let site: DemoSite;
  let browser: Browser;
  let failed: ReportedResource;

  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    site = await DemoSite.start();
    browser = await launchBrowser();
    for (const kind of ['video', 'report', 'report', 'video', 'report', 'report'] as const) await site.report({ kind });
    await site.report({ state: 'PROCESSING_ANONYMIZING' });
    await site.report({ kind: 'video', mediaMissing: true });
    failed = await site.report({ gender: 'male' });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  }, 120_000);

  it('of sign-in', async () => {
    const page = await open({ ...WIDE, viewport: { width: 1000, height: 640 } });
    await page.goto(site.origin);
    await named(page, 'sign-in-everything').waitFor();
    await shoot(page, 'sign-in');
  });

  it('of an upload', async () => {
    const video = await site.report({ kind: 'video', size: 40_000_000 });
    await site.hubFaults({
      step: 'media',
      times: 'forever',
      action: { type: 'throttle', bytes_per_second: 3_000_000 },
    });
    const page = await signedIn(WIDE);
    await row(page, video).locator('[data-test="act-mark"]').click();
    await named(page, 'send-now').click();
    await named(page, 'confirm').click();
    await named(page, 'view-in_transfer').click();
    await row(page, video).locator('[data-test="progress"]').waitFor();
    await shoot(page, 'overview-upload');
    await row(page, video).locator('[data-test="open"]').click();
    await named(page, 'state-picture').waitFor();
    await named(page, 'progress').waitFor();
    await shoot(page, 'detail-upload');
    await page.context().close();
    await site.hubFaults();
  });

  it('of the overview, from what is ready to what arrived', async () => {
    const page = await signedIn(WIDE);
    await shoot(page, 'overview-ready');
    await row(page, failed).locator('[data-test="select"]').click();
    await named(page, 'bulk-mark').click();
    await named(page, 'send-now').waitFor();
    await shoot(page, 'overview-marked');
    await site.hubFaults({ step: 'create', times: 'forever', action: { type: 'answer', status: 403, when: 'before' } });
    await named(page, 'send-now').click();
    await named(page, 'confirm').waitFor();
    await named(page, 'question').screenshot({ path: join(FOLDER, 'confirm.png') });
    await named(page, 'confirm').click();
    await page.locator(`[data-test="row-report-${failed.hash}"][data-status="failed"]`).waitFor();
    await shoot(page, 'overview-failed');
    await site.hubFaults();
    await page.context().close();
  });

  it('of the detail of a failed and of a completed transfer', async () => {
    const page = await signedIn(WIDE);
    await page.goto(`${site.origin}/resources/report/${failed.hash}`);
    await named(page, 'event-TransferFailed').waitFor();
    await shoot(page, 'detail-failed', true);
    await named(page, 'act-retry').click();
    await named(page, 'confirm').click();
    await named(page, 'event-TransferCompleted').waitFor();
    await named(page, 'certificate').waitFor();
    await named(page, 'dismiss').click();
    await shoot(page, 'detail-completed', true);
    await page.context().close();
  });

  it('of what is blocked, with the reasons', async () => {
    const page = await signedIn(WIDE);
    await named(page, 'view-blocked').click();
    await named(page, 'next-step').first().waitFor();
    await shoot(page, 'overview-blocked');
    await page.context().close();
  });

  it('of site and hubs', async () => {
    const page = await signedIn(WIDE, '/nodes');
    await named(page, 'probe').click();
    await named(page, 'probe-result').waitFor();
    await shoot(page, 'nodes', true);
    await page.context().close();
  });

  it('of the dark, the English and the narrow page', async () => {
    const dark = await signedIn({ ...WIDE, colorScheme: 'dark' });
    await shoot(dark, 'overview-dark');
    await dark.goto(`${site.origin}/resources/report/${failed.hash}`);
    await named(dark, 'event-TransferCompleted').waitFor();
    await shoot(dark, 'detail-dark');
    await dark.context().close();
    const english = await signedIn({ ...WIDE, locale: 'en-GB' });
    await named(english, 'view-all').click();
    await shoot(english, 'overview-english');
    await english.context().close();
    const narrow = await signedIn(NARROW);
    await shoot(narrow, 'overview-narrow');
    await narrow.locator('table').scrollIntoViewIfNeeded();
    await narrow.evaluate(`document.querySelector('table').scrollIntoView()`);
    await shoot(narrow, 'list-narrow');
    await narrow.evaluate('scrollTo(0, 0)');
    await narrow.goto(`${site.origin}/resources/report/${failed.hash}`);
    await named(narrow, 'event-TransferCompleted').waitFor();
    await shoot(narrow, 'detail-narrow');
    await narrow.context().close();
  });

  it('of a site that is not ready, and of a stopped egress', async () => {
    const node = await site.call<{ document: Record<string, unknown> }>('GET', '/v1/nodes/hub', undefined, [
      'hub_export:operate',
    ]);
    const tls = { ...(node.document['tls'] as object), client_cert_file: '/nowhere/certificate.pem' };
    await site.call('PUT', '/v1/nodes/hub', { ...node.document, tls }, ['hub_export:operate']);
    await site.call('POST', '/v1/egress/stop', {}, ['hub_export:operate']);
    const page = await signedIn(WIDE);
    await named(page, 'not-ready').waitFor();
    await named(page, 'egress-stopped').waitFor();
    await shoot(page, 'overview-not-ready');
    await site.call('POST', '/v1/egress/resume', {}, ['hub_export:operate']);
    await site.call('PUT', '/v1/nodes/hub', node.document, ['hub_export:operate']);
    await page.context().close();
  });

  async function open(options: BrowserContextOptions): Promise<Page> {
    return (await openPage(browser, options)).page;
  }

  async function signedIn(options: BrowserContextOptions, path = '/'): Promise<Page> {
    const page = await open(options);
    await page.goto(`${site.origin}/session/dev-sign-in?as=everything&next=${path}`);
    await page.locator('[data-test="live"][data-status="live"]').waitFor();
    return page;
  }

  function row(page: Page, { kind, hash }: ReportedResource) {
    return named(page, `row-${kind}-${hash}`);
  }

  async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
    await page.evaluate('document.fonts.ready');
    await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage, animations: 'disabled' });
  }
});
