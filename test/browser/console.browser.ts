// The console through a real browser: what it looks like everywhere, and that try-it refreshes for real.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { accessTokenIn, contracts, refreshTokenIn, type ContractName } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { flaws } from './legible.ts';
import { openBrowser, picture, views, watch, type View, type Watched } from './watched.ts';

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([openBrowser(), startServer({ demo: true })]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

const desk: View = { width: 1280, height: 800, scheme: 'light' };

async function open(path: string, view: View, at = server.origin): Promise<Watched> {
  const watched = await watch(browser, [`${at}/`], view);
  onTestFinished(watched.close);
  await watched.page.goto(at + path, { waitUntil: 'networkidle' });
  if (path !== '/') await watched.page.locator('.execute').waitFor();
  return watched;
}

/** Presses Execute and gives the answer that the page shows. */
async function execute({ page }: Watched): Promise<{ readonly status: string; readonly body: unknown }> {
  const answered = page.waitForResponse((response) => !response.url().includes('/console/'));
  await page.locator('.execute').click();
  const body: unknown = await (await answered).json();
  const answer = page.locator('.live-responses-table .response');
  const shown = async (): Promise<unknown> => JSON.parse(await answer.locator('.highlight-code pre').innerText());
  await expect.poll(shown, { timeout: 10_000 }).toEqual(body);
  return { status: (await answer.locator('.response-col_status').innerText()).trim(), body };
}

describe.each(views)('at $width pixels, $scheme', (view) => {
  test.each(['/', ...contracts.map((name) => `/console/${name}`)])('%s is whole and legible', async (path) => {
    const watched = await open(path, view);
    expect(await flaws(watched.page)).toEqual([]);
    await picture(watched.page, path === '/' ? 'start' : path.slice('/console/'.length), view);
    expect(watched.findings).toEqual([]);
  });

  test.each(['fib', 'kirjaswappi'] as const)('%s with an answer is, too', async (contract) => {
    const watched = await open(`/console/${contract}`, view);
    expect((await execute(watched)).status).toBe('200');
    expect(await flaws(watched.page)).toEqual([]);
    await picture(watched.page, `${contract}-answer`, view);
    expect(watched.findings).toEqual([]);
  });
});

describe('with --demo', () => {
  test.each(contracts)('%s: Execute refreshes again and again, from successor to successor', async (contract) => {
    const watched = await open(`/console/${contract}`, desk);
    const isInHeader = contract === 'fib' || contract === 'orillion';
    expect(await watched.page.locator('.btn.authorize.locked').count(), 'authorized already').toBe(isInHeader ? 1 : 0);
    const access = new Set<string>();
    const refresh = new Set<string>();
    for (let turn = 0; turn < 3; turn++) {
      const { status, body } = await execute(watched);
      expect(status).toBe('200');
      access.add(accessTokenIn(contract, body));
      if (contract !== 'kirjaswappi') refresh.add(refreshTokenIn(contract, body));
      // A static renewal within the same second is the same token.
      server.clock.now += 2;
    }
    expect([access.size, refresh.size]).toEqual([3, contract === 'kirjaswappi' ? 0 : 3]);
    expect(watched.findings).toEqual([]);
  });

  test('the previous token gets the same successor again, and a new session begins anew', async () => {
    const watched = await open('/console/xerial', desk);
    const first = await execute(watched);
    await watched.page.getByRole('button', { name: 'Previous token' }).click();
    expect((await execute(watched)).body).toEqual(first.body);
    const begun = watched.page.waitForResponse((response) => response.url().includes('/console/demo/'));
    await watched.page.getByRole('button', { name: 'New session' }).click();
    await begun;
    await watched.page.getByText('A live token of a new demo session').waitFor();
    const other = await execute(watched);
    expect(sessionIn('xerial', other.body)).not.toBe(sessionIn('xerial', first.body));
    expect(watched.findings).toEqual([]);
  });

  test('everything can be reached with the keyboard, and one sees where one is', async () => {
    const { page } = await open('/', desk);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    for (let step = 0; step < 3; step++) await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element && { name: element.tagName, outline: getComputedStyle(element).outlineStyle };
    });
    expect(focused).toEqual({ name: 'A', outline: 'solid' });
  });
});

function sessionIn(contract: ContractName, body: unknown): unknown {
  const [, claims = ''] = refreshTokenIn(contract, body).split('.');
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid: unknown }).sid;
}

describe('one contract alone', () => {
  test.each(['/api/v4', '/'])('is tried at %s', async (place) => {
    const alone = await startServer({ demo: true, only: { contract: 'cloudreve', at: place } });
    onTestFinished(alone.stop);
    const watched = await open('/console/cloudreve', desk, alone.origin);
    expect(await execute(watched)).toMatchObject({ status: '200', body: { code: 0 } });
    expect(watched.findings).toEqual([]);
  });
});
