import { eventually } from '@hub-export/testing';
import type { Browser } from 'playwright-core';
import { accessibilityFaults, browserIsExpected, launchBrowser, named } from './browser.process.js';
import { DemoSite } from './demo-site.process.js';
import { PageDriver } from './page.driver.js';

/** Real: the demo with all its services, the simulated hub, and a browser. */
(browserIsExpected() ? describe : describe.skip)('the export page', () => {
  let site: DemoSite;
  let browser: Browser;
  let driver: PageDriver;

  beforeAll(async () => {
    browser = await launchBrowser();
    site = await DemoSite.start();
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  }, 90_000);

  beforeEach(async () => {
    driver = await PageDriver.open(site, browser);
  });

  afterEach(async () => {
    const { complaints } = driver;
    await driver.close();
    await site.hubFaults();
    expect(complaints).toEqual([]);
  });

  describe('the overview', () => {
    it('shows by default what is anonymized, complete and not completed, with the readiness before it', async () => {
      const [ready, unfinished, missing] = [
        await site.report(),
        await site.report({ state: 'PROCESSING_ANONYMIZING' }),
        await site.report({ kind: 'video', mediaMissing: true }),
      ];
      await driver.signIn('operator');
      await driver.rowIs(ready, 'not_marked');
      expect(await driver.textOf('ready')).toContain('Bereit zum Senden');
      const isFirst = `document.querySelector('[data-test="readiness"]').compareDocumentPosition(document.querySelector('table')) & 4`;
      expect(await driver.page.evaluate(isFirst)).toBe(4);
      expect([await driver.row(unfinished).count(), await driver.row(missing).count()]).toEqual([0, 0]);
      // The demo has sent its own two samples: they are completed, and so they are not shown.
      expect(await driver.page.locator('[data-status="completed"]').count()).toBe(0);
      await driver.show('blocked');
      await driver.rowIs(unfinished, 'not_marked');
      expect(await named(driver.row(unfinished), 'next-step').innerText()).toBe('Noch nicht anonymisiert.');
      expect(await named(driver.row(missing), 'next-step').innerText()).toBe('Die anonymisierte Datei fehlt.');
      await driver.show('completed');
      await driver.page.locator('tr[data-status="completed"]').nth(1).waitFor();
    });

    it('finds one by its number and by its hash, sorts, and keeps all of it in the address', async () => {
      const [one, other] = [await site.report(), await site.report({ kind: 'video' })];
      await driver.signIn('viewer');
      await driver.rowIs(other, 'not_marked');
      await driver.named('search').fill(String(one.id));
      await driver.rowIsGone(other);
      await driver.rowIs(one, 'not_marked');
      await driver.named('search').fill(other.hash.slice(0, 12));
      await driver.rowIs(other, 'not_marked');
      await driver.rowIsGone(one);
      await driver.page.reload();
      await driver.rowIs(other, 'not_marked');
      await driver.named('reset').click();
      await driver.named('kind').selectOption('report');
      await driver.rowIsGone(other);
      await driver.named('sort-local_id').click();
      await eventually(() => driver.page.url().includes('sort=local_id'), { what: 'the order is in the address' });
      const numbers = async () =>
        (await driver.page.locator('[data-test="open"]').allInnerTexts()).map((text) =>
          Number(text.replace(/\D/g, '')),
        );
      await eventually(async () => isAscending(await numbers()), { what: 'the numbers ascend' });
    });
  });

  describe('the acts', () => {
    it('mark, send and follow a resource until the hub has acknowledged it', async () => {
      const video = await site.report({ kind: 'video', size: 12_000_000 });
      const throttle = { type: 'throttle', bytes_per_second: 3_000_000 };
      await site.hubFaults({ step: 'media', times: 'forever', action: throttle });
      await driver.signIn('operator');
      await driver.act('mark', video);
      // The row shows the mark at once: who, and what comes next.
      await driver.rowIs(video, 'marked');
      expect(await driver.row(video).innerText()).toContain('Development: operator');
      await driver.act('queue', video);
      expect(await driver.textOf('question')).toContain('Ziel: Simulated hub');
      await driver.confirm();
      await driver.rowIs(video, 'uploading');
      const percent = async () => Number(await named(driver.row(video), 'progress').getAttribute('data-percent'));
      const first = await eventually(async () => (await percent()) || null, { what: 'progress', withinMs: 20_000 });
      await eventually(async () => (await percent()) > first, { what: 'progress goes on' });
      expect(await named(driver.row(video), 'progress').innerText()).toMatch(
        /% · [\d,]+ MB von 12,0 MB · [\d,]+ [kM]B\/s · noch \d+ s/,
      );
      // What is completed leaves the default view, and is announced.
      await driver.rowIsGone(video);
      expect(await driver.textOf('announcer')).not.toBe('');
      await driver.show('completed');
      await driver.rowIs(video, 'completed');
    });

    it('in bulk do each alone: what is refused stays selected with its reason, and can be undone', async () => {
      const [one, two, gone] = [await site.report(), await site.report(), await site.report()];
      await driver.signIn('operator');
      await driver.select(one, two, gone);
      await site.changeState(gone, 'FAILED', 2);
      await driver.named('bulk-mark').click();
      expect(await driver.textOf('results-done')).toContain('2 Ressourcen markiert.');
      expect(await driver.textOf('results')).toContain(`Bericht ${gone.id}: Noch nicht anonymisiert.`);
      expect(await driver.textOf('selected-count')).toBe('1 ausgewählt');
      await driver.rowIs(one, 'marked');
      await driver.named('undo').click();
      await driver.rowIs(one, 'not_marked');
      await driver.rowIs(two, 'not_marked');
    });

    it('unmark what became ineligible after its mark', async () => {
      const resource = await site.report();
      await driver.signIn('operator');
      await driver.act('mark', resource);
      await driver.rowIs(resource, 'marked');
      await site.changeState(resource, 'FAILED', 2);
      await driver.show('all');
      await driver.named('refresh').click();
      await named(driver.row(resource), 'next-step').getByText('Noch nicht anonymisiert.').waitFor();
      expect(await named(driver.row(resource), 'act-queue').count()).toBe(0);
      await driver.act('unmark', resource);
      await driver.rowIs(resource, 'not_marked');
    });

    it('tell why it failed, and send it again by the same transfer', async () => {
      const resource = await site.report();
      await site.hubFaults({
        step: 'create',
        times: 'forever',
        action: { type: 'answer', status: 400, when: 'before' },
      });
      await driver.signIn('everything');
      await driver.act('mark', resource);
      await driver.named('send-now').click();
      await driver.confirm();
      await driver.rowIs(resource, 'failed');
      expect(await named(driver.row(resource), 'next-step').innerText()).toContain(
        'Ursache beheben, dann erneut versuchen.',
      );
      await site.hubFaults();
      await named(driver.row(resource), 'open').click();
      await driver.named('event-TransferFailed').waitFor();
      await driver.named('act-retry').click();
      await driver.confirm();
      await driver.named('event-TransferCompleted').waitFor();
      expect(await driver.page.locator('[data-state="completed"]').getAttribute('data-current')).toBe('true');
      expect(await driver.page.getByText('Versuch 2').count()).toBe(1);
      // "when it was queued, when registration and upload started and finished": each fact, of both attempts.
      const counts = await Promise.all(
        ['TransferQueued', 'RegistrationStarted', 'RegistrationAccepted', 'UploadStarted', 'TransferCompleted'].map(
          (type) => driver.named(`event-${type}`).count(),
        ),
      );
      expect(counts).toEqual([2, 2, 1, 1, 1]);
      expect(await driver.downloadedBy('certificate')).toContain(resource.hash);
    });

    it('hold what waits, and release it', async () => {
      const resource = await site.report();
      await site.call('POST', '/v1/egress/stop', {}, ['hub_export:operate']);
      await driver.signIn('operator');
      await driver.act('mark', resource);
      await driver.act('queue', resource);
      expect(await driver.textOf('question')).toContain('Der Ausgang ist gestoppt');
      await driver.confirm();
      await driver.rowIs(resource, 'queued');
      await driver.act('hold', resource);
      await named(driver.row(resource), 'next-step').getByText('Von Hand zurückgehalten').waitFor();
      await site.call('POST', '/v1/egress/resume', {}, ['hub_export:operate']);
      await driver.act('release', resource);
      await driver.rowIsGone(resource);
    });

    it('are not offered to those who may only look', async () => {
      const resource = await site.report();
      await driver.signIn('viewer');
      await driver.rowIs(resource, 'not_marked');
      expect(await driver.textOf('no-right')).toContain('Sie dürfen ansehen');
      expect(await driver.page.locator('[data-test^="act-"], [data-test="select"]').count()).toBe(0);
      await driver.go('/nodes');
      await driver.named('egress').waitFor();
      expect(await driver.page.locator('[data-test="egress-switch"], [data-test="probe"]').count()).toBe(0);
    });
  });

  describe('the site', () => {
    it('that is not ready says what is missing, and offers nothing that would send', async () => {
      const resource = await site.report();
      const roles = ['hub_export:operate'] as const;
      const { document } = await site.call<{ document: Node }>('GET', '/v1/nodes/hub', undefined, roles);
      await driver.signIn('operator');
      await driver.act('mark', resource);
      await driver.rowIs(resource, 'marked');
      const tls = { ...document.tls, client_cert_file: '/nowhere/certificate.pem' };
      await site.call('PUT', '/v1/nodes/hub', { ...document, tls }, roles);
      await driver.named('refresh').click();
      expect(await driver.textOf('missing-hub_tls_material')).toContain('Zertifikate für den Hub');
      const queue = named(driver.row(resource), 'act-queue');
      await eventually(() => queue.isDisabled(), { what: 'sending is not offered' });
      expect(await queue.getAttribute('title')).toContain('Zurzeit nicht möglich');
      await driver.go('/nodes');
      await driver.page.locator('[data-test="requirement-hub_tls_material"][data-passed="false"]').waitFor();
      await site.call('PUT', '/v1/nodes/hub', document, roles);
      await driver.go('/');
      await driver.named('ready').waitFor();
      expect(await queue.isDisabled()).toBe(false);
      await driver.act('unmark', resource);
    });

    it('is kept in the house by the switch, after a question, and let out again', async () => {
      await driver.signIn('operations', '/nodes');
      await driver.named('egress-switch').click();
      await driver.named('decline').click();
      expect(await driver.named('egress').getAttribute('data-open')).toBe('true');
      await driver.named('egress-switch').click();
      await driver.confirm();
      await driver.page.locator('[data-test="egress"][data-open="false"]').waitFor();
      await driver.go('/');
      expect(await driver.textOf('egress-stopped')).toContain('Development: operations');
      await driver.go('/nodes');
      await driver.named('egress-switch').click();
      await driver.confirm();
      await driver.page.locator('[data-test="egress"][data-open="true"]').waitFor();
    });

    it('tests the connection to the hub, and tells how long its certificate lasts', async () => {
      await driver.signIn('operations', '/nodes');
      expect(await driver.textOf('certificate-days')).toMatch(/noch \d+ Tage/);
      await driver.named('probe').click();
      await driver.page.locator('[data-test="probe-result"][data-reachable="true"]').waitFor();
    });

    it('tells the k-anonymity of all, and of the selection', async () => {
      const [one, other] = [await site.report({ gender: 'male' }), await site.report({ gender: 'male' })];
      await driver.signIn('operator');
      await driver.page.locator('[data-test="privacy-status"][data-status="warning"]').waitFor();
      await driver.select(one, other);
      await driver.named('privacy-selection').click();
      await eventually(async () => (await driver.textOf('privacy-cases')) === '2', { what: 'two cases' });
      expect(await driver.textOf('privacy-smallest')).toBe('2');
    });
  });

  describe('the news', () => {
    it('that stop are told as old, and come back by themselves', async () => {
      await driver.signIn('viewer');
      process.kill(site.pidOf('transfer-service'), 'SIGKILL');
      expect(await driver.textOf('stale')).toContain('Nicht aktuell');
      // The demo starts a killed service again.
      await eventually(async () => (await driver.named('live').getAttribute('data-status')) === 'live', {
        what: 'the page is live again',
        withinMs: 60_000,
      });
      expect(await driver.named('stale').count()).toBe(0);
      const resource = await site.report();
      await driver.named('refresh').click();
      await driver.rowIs(resource, 'not_marked');
    });
  });

  describe('the words', () => {
    it('are German first, and English when one chooses so, from then on', async () => {
      await driver.signIn('viewer');
      expect(await driver.page.locator('html').getAttribute('lang')).toBe('de');
      expect(await driver.textOf('view-exportable')).toMatch(/^Bereit/);
      await driver.named('language').selectOption('en');
      expect(await driver.textOf('view-exportable')).toMatch(/^Ready/);
      await driver.page.reload();
      await driver.isLive();
      expect([await driver.page.locator('html').getAttribute('lang'), await driver.page.title()]).toEqual([
        'en',
        'Hub Export',
      ]);
    });
  });

  describe('accessibility (WCAG 2.2 AA)', () => {
    it.each([
      ['light', 1440],
      ['dark', 1440],
      ['light', 390],
    ] as const)('has no fault on any view: %s, %d px', async (colorScheme, width) => {
      await driver.close();
      driver = await PageDriver.open(site, browser, { colorScheme, viewport: { width, height: 900 } });
      const resource = await site.report();
      await driver.page.goto(site.origin);
      await driver.named('sign-in-everything').waitFor();
      expect(await accessibilityFaults(driver.page)).toEqual([]);
      await driver.signIn('everything');
      await driver.act('mark', resource);
      await driver.named('results').waitFor();
      await driver.select(resource);
      expect(await accessibilityFaults(driver.page)).toEqual([]);
      await driver.named('bulk-queue').click();
      await driver.named('confirm').waitFor();
      expect(await accessibilityFaults(driver.page)).toEqual([]);
      await driver.confirm();
      await driver.go(`/resources/report/${resource.hash}`);
      await driver.named('event-TransferCompleted').waitFor();
      expect(await accessibilityFaults(driver.page)).toEqual([]);
      await driver.go('/?view=all');
      await driver.page.locator('tr[data-status="completed"]').first().waitFor();
      expect(await accessibilityFaults(driver.page)).toEqual([]);
      await driver.go('/nodes');
      await driver.named('egress').waitFor();
      expect(await accessibilityFaults(driver.page)).toEqual([]);
    });

    it('needs no mouse: a resource is marked and sent with the keyboard alone', async () => {
      const resource = await site.report();
      await driver.signIn('operator');
      await driver.press(named(driver.row(resource), 'act-mark'));
      await driver.press(driver.named('send-now'));
      await driver.named('confirm').waitFor();
      // The question takes the focus, and Escape declines it.
      expect(await driver.page.evaluate(`document.activeElement.closest('dialog') !== null`)).toBe(true);
      await driver.page.keyboard.press('Escape');
      await driver.named('confirm').waitFor({ state: 'detached' });
      await driver.rowIs(resource, 'marked');
      await driver.press(driver.named('send-now'));
      await driver.press(driver.named('confirm'));
      await driver.rowIsGone(resource);
    });
  });
});

interface Node {
  readonly tls: Readonly<Record<string, unknown>>;
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.length > 1 && numbers.every((number, place) => place === 0 || (numbers[place - 1] ?? 0) <= number);
}
