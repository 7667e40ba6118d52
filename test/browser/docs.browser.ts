// The static reference in Chromium: it opens from a file, and sends no request.
import { pathToFileURL } from 'node:url';
import { basename, join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeDocs } from '../../scripts/docs.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { loadAdminDocument } from '../../src/app/contracts.ts';
import { flaws } from './legible.ts';
import { openBrowser, picture, views, watch } from './watched.ts';

const folder = mkdtempSync(join(tmpdir(), 'refract-docs-'));
const contracts = await loadContracts();
const admin = loadAdminDocument();
const documents = [...contracts.map(({ document }) => document), admin];
let browser: Browser;
beforeAll(async () => {
  await writeDocs(contracts, admin, folder);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(views)('at $width pixels, $scheme', (view) => {
  test.each(['index', ...documents.map(({ name }) => name)])(
    'the docs page %s opens, fits the window and links to the start page',
    async (name) => {
      const url = pathToFileURL(join(folder, `${name}.html`)).href;
      const { page, findings, close } = await watch(browser, [pathToFileURL(folder).href], view);
      onTestFinished(close);
      await page.goto(url);
      // The headings are Redoc's, which skips levels.
      const found = await flaws(page, name === 'index' ? 'body' : '.refract-header');
      expect(found.filter((flaw) => name === 'index' || !flaw.includes('skips a level'))).toEqual([]);
      // Operations in groups are folded.
      if (name === 'admin')
        await page
          .getByText(/^\W*Show\W*$/)
          .first()
          .click();
      if (name !== 'index') await page.getByRole('heading', { name: 'Responses' }).first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await picture(page, `docs-${basename(name)}`, view);
      await page.locator('.top .home').click();
      await page.getByRole('heading', { level: 1, name: 'Refract reference' }).waitFor();
      expect(findings).toEqual([]);
    },
  );
});

test('the start page of the docs and every header link to every contract', async () => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  for (const from of ['main', '.top']) {
    for (const { name, document } of documents) {
      await page.locator(`${from} a[href="${name}.html"]`).click();
      const { info } = document as { info: { title: string } };
      await page.getByRole('heading', { level: 1, name: info.title }).waitFor();
      if (from === 'main') await page.locator('.top .home').click();
    }
  }
});
