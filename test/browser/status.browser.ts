// The status page in Chromium: legible in every view, readable by eye, by key and as a table; events need the admin token.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contracts, refresh, send } from '../shared/refreshing.ts';
import { adminToken, startServer, type TestServer } from '../shared/server.ts';
import { spoil } from '../shared/provoking.ts';
import { claimsOf } from '../shared/tokens.ts';
import { flaws } from './legible.ts';
import { openBrowser, picture, views, watch, type View, type Watched } from './watched.ts';

let browser: Browser;
let server: TestServer;
/** Its database is damaged. */
let spoilt: TestServer;
let reused: string;
beforeAll(async () => {
  const options = { admin: true };
  [browser, server, spoilt] = await Promise.all([openBrowser(), startServer(options), startServer(options)]);
  spoil(spoilt.database);
  reused = await trafficOn(server);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([server.stop(), spoilt.stop()]);
});

const desk: View = { width: 1280, height: 800, scheme: 'light' };

/** Milliseconds between two polls of the page. */
const pollMs = 5_000;

/** @param isClockManual whether the page's clock is moved by hand */
async function open(view: View, origin?: string, isClockManual = false): Promise<Watched> {
  const at = origin ?? (await server.adminOrigin());
  const watched = await watch(browser, [`${at}/`], view);
  onTestFinished(watched.close);
  if (isClockManual) await watched.page.clock.install();
  await watched.page.goto(at);
  await watched.page.locator('.figures dd').first().waitFor();
  return watched;
}

async function showEvents({ page }: Watched, token = adminToken): Promise<void> {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Show events' }).click();
}

describe.each(views)('at $width pixels, $scheme', (view) => {
  test('the status page is legible with and without events', async () => {
    const watched = await open(view);
    expect(await flaws(watched.page)).toEqual([]);
    await showEvents(watched);
    await watched.page.locator('.event').first().waitFor();
    await watched.page.getByText('Show as a table').click();
    expect(await flaws(watched.page)).toEqual([]);
    await picture(watched.page, 'status', view);
    expect(watched.findings).toEqual([]);
  });

  test('the status page of a server that is not ready is legible', async () => {
    const watched = await open(view, await spoilt.adminOrigin());
    await watched.page.getByRole('heading', { level: 1, name: 'Not ready.' }).waitFor();
    expect(await watched.page.getByRole('list', { name: 'Readiness' }).innerText()).toContain('store');
    expect(await flaws(watched.page)).toEqual([]);
    await picture(watched.page, 'status-not-ready', view);
    expect(watched.findings).toEqual([]);
  });
});

describe('the figures', () => {
  test('the figures are in the chart and the table, and update without a reload', async () => {
    const { page } = await open(desk, await server.adminOrigin(), true);
    const granted = page.locator('[data-contract="xerial"] [data-kinds="granted"]');
    const before = Number(await granted.innerText());
    expect(before).toBeGreaterThan(0);
    expect(await page.locator('.chart .bar rect').count()).toBeGreaterThan(contracts.length);
    await refresh(server.origin, 'xerial', await server.issue('xerial', 'late'));
    await page.clock.fastForward(pollMs);
    await expect.poll(() => granted.innerText(), { timeout: 20_000 }).toBe(String(before + 1));
  });

  test('the figures are read bar by bar with the keyboard, and as a table', async () => {
    const { page } = await open(desk);
    await page.locator('.chart').focus();
    await page.keyboard.press('End');
    const words = page.locator('.readout');
    for (let step = 0; step < 30 && !(await words.innerText()).includes('refused'); step++) {
      await page.keyboard.press('ArrowLeft');
    }
    const shown = await words.innerText();
    expect(shown).toMatch(/^\d\d:\d\d – .*\bxerial \d+.*\brefused \d+/);
    await page.getByText('Show as a table').click();
    const row = await page.locator('.time-table tbody tr', { hasText: shown.slice(0, 5) }).innerText();
    expect(row.split(/\s+/)[5], 'the column of xerial').toBe(/xerial (\d+)/.exec(shown)?.[1]);
    await page.keyboard.press('Escape');
  });

  test('the figures cover the last ten minutes when this period is chosen', async () => {
    const { page } = await open(desk);
    const button = page.getByRole('button', { name: 'Ten minutes' });
    await button.click();
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await page.locator('.chart').focus();
    await page.keyboard.press('End');
    expect(await page.locator('.readout').innerText()).toMatch(/^\d\d:\d\d:\d0 – /);
  });
});

describe('events', () => {
  test('events are shown for the admin token, also after a reload, until it is forgotten', async () => {
    const watched = await open(desk);
    const { page } = watched;
    expect(await page.locator('.event').count()).toBe(0);
    await showEvents(watched);
    const event = page.locator('.event', { hasText: reused });
    await event.waitFor();
    expect(await event.innerText()).toMatch(/Reuse, session ended\s+xerial/);
    await page.reload();
    await event.waitFor();
    await page.getByRole('button', { name: 'Forget the token' }).click();
    expect(await page.locator('.event').count()).toBe(0);
    expect(await page.evaluate(() => [sessionStorage.length, localStorage.length])).toEqual([0, 0]);
    expect(watched.findings).toEqual([]);
  });

  test('events are not shown for a wrong token, which is not stored', async () => {
    const watched = await open(desk);
    await showEvents(watched, 'a wrong token');
    await watched.page.getByText('This is not an admin token of this server.').waitFor();
    expect(await watched.page.evaluate(() => sessionStorage.length)).toBe(0);
    // The browser logs every response from 400 up.
    expect(watched.findings.filter((finding) => !/status of 401/.test(finding))).toEqual([]);
  });
});

test('the status page reports an unreachable server and keeps the last figures', async () => {
  const gone = await startServer({ admin: true });
  const { page } = await open(desk, await gone.adminOrigin(), true);
  await gone.stop();
  await page.clock.fastForward(pollMs);
  await page.getByRole('heading', { level: 1, name: 'Not reached.' }).waitFor({ timeout: 20_000 });
  expect(await page.locator('.figures dd').count()).toBe(5);
});

/** Sends requests of every outcome. @returns the session whose token was reused */
async function trafficOn({ origin, issue, clock }: TestServer): Promise<string> {
  for (const contract of contracts) {
    const tokens = await Promise.all(['ann', 'ben', 'cas'].map((subject) => issue(contract, subject)));
    for (const token of tokens) await refresh(origin, contract, token);
    await send(origin, contract, 'not.a.token');
  }
  const token = await issue('xerial');
  await refresh(origin, 'xerial', token);
  clock.now += 3600;
  await send(origin, 'xerial', token);
  return String(claimsOf(token)['sid']);
}
