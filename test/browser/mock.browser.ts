// The mock's console in Chromium: every documented response can be chosen, and any token is accepted.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createMock, type Mock } from '../../scripts/mock.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import { loadAdminDocument } from '../../src/app/contracts.ts';
import { flaws } from './legible.ts';
import { openBrowser, picture, views, watch } from './watched.ts';

const contracts = await loadContracts();
const admin = loadAdminDocument();
let browser: Browser;
let mock: Mock;
let origin: string;
beforeAll(async () => {
  [browser, mock] = await Promise.all([openBrowser(), createMock([...contracts, admin], false)]);
  origin = await mock.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await browser.close();
  await mock.close();
});

test.each(contracts)(
  'the mock of $name sends a success by default, and each chosen example',
  async ({ name, document }) => {
    const view = { width: 360, height: 740, scheme: 'light' } as const;
    const { page, findings, close } = await watch(browser, [`${origin}/`], view);
    onTestFinished(close);
    await page.goto(`${origin}/console/${name}`);
    const shown = page.locator('.live-responses-table .response .response-col_status');
    const expectStatus = async (prefer: string, status: number): Promise<void> => {
      await page.locator('.parameters select').selectOption(prefer);
      await page.locator('.execute').click();
      await expect.poll(async () => (await shown.innerText()).slice(0, 3), { timeout: 10_000 }).toBe(String(status));
    };
    await expectStatus('', 200);
    expect(findings).toEqual([]);
    for (const { status, examples } of document.operations.flatMap(({ responses }) => [...responses.values()])) {
      for (const example of examples.keys()) await expectStatus(`code=${String(status)}, example=${example}`, status);
    }
    expect(await flaws(page)).toEqual([]);
    await picture(page, `mock-${name}`, view);
    // The browser logs every response from 400 up.
    expect(findings.filter((finding) => !/status of [45]\d\d/.test(finding))).toEqual([]);
  },
);

test.each(views)('the admin mock at $width pixels, $scheme: token filled in, response chosen', async (view) => {
  const { page, findings, close } = await watch(browser, [`${origin}/`], view);
  onTestFinished(close);
  await page.goto(origin, { waitUntil: 'load' });
  expect(await flaws(page)).toEqual([]);
  await picture(page, 'mock-start', view);
  await page.locator('.operators .open').click();
  const operation = page.locator('[id$="-getSubject"]');
  await operation.locator('.opblock-summary-control').click();
  const shown = operation.locator('.live-responses-table .response .response-col_status');
  const expectStatus = async (prefer: string, status: string): Promise<void> => {
    await operation.locator('.parameters select').selectOption(prefer);
    await operation.locator('.execute').click();
    await expect.poll(async () => (await shown.innerText()).slice(0, 3), { timeout: 10_000 }).toBe(status);
  };
  await expectStatus('', '200');
  expect(findings).toEqual([]);
  await expectStatus('code=404, example=notFound', '404');
  expect(await flaws(page)).toEqual([]);
  await picture(page, 'mock-admin', view);
  // The browser logs every response from 400 up.
  expect(findings.filter((finding) => !/status of 404/.test(finding))).toEqual([]);
});
