// The static reference through a real browser: it opens from a file, and asks nobody for anything.
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
  test.each(['index', ...documents.map(({ name }) => name)])('%s opens and is whole', async (name) => {
    const url = pathToFileURL(join(folder, `${name}.html`)).href;
    const { page, findings, close } = await watch(browser, [url], view);
    onTestFinished(close);
    await page.goto(url, { waitUntil: 'networkidle' });
    if (name === 'index') expect(await flaws(page)).toEqual([]);
    // Operations in groups are folded.
    if (name === 'admin')
      await page
        .getByText(/^\W*Show\W*$/)
        .first()
        .click();
    if (name !== 'index') await page.getByRole('heading', { name: 'Responses' }).first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await picture(page, `docs-${basename(name)}`, view);
    expect(findings).toEqual([]);
  });
});

test('the start page leads to every contract', async () => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  for (const { name, document } of documents) {
    await page.goto(pathToFileURL(join(folder, 'index.html')).href);
    await page.locator(`a[href="${name}.html"]`).click();
    const { info } = document as { info: { title: string } };
    await page.getByRole('heading', { level: 1, name: info.title }).waitFor();
  }
});
