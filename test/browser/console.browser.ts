// The console in Chromium: legible in every view, try-it refreshes for real, and copy buttons copy.
import type { Browser, Page } from 'playwright-core';
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

const unknown = '/console/nothing';

async function open(path: string, view: View, at = server.origin): Promise<Watched> {
  const watched = await watch(browser, [`${at}/`], view);
  onTestFinished(watched.close);
  await watched.page.goto(at + path);
  if (path.startsWith('/console/') && path !== unknown) await watched.page.locator('.execute').waitFor();
  return watched;
}

/** Presses Execute. @returns the response that the page shows */
async function execute({ page }: Watched): Promise<{ readonly status: string; readonly body: unknown }> {
  const responded = page.waitForResponse((response) => !response.url().includes('/console/'));
  await page.locator('.execute').click();
  const body: unknown = await (await responded).json();
  const response = page.locator('.live-responses-table .response');
  const shown = async (): Promise<unknown> => JSON.parse(await response.locator('.highlight-code pre').innerText());
  await expect.poll(shown, { timeout: 10_000 }).toEqual(body);
  return { status: (await response.locator('.response-col_status').innerText()).trim(), body };
}

describe.each(views)('at $width pixels, $scheme', (view) => {
  test('the page for an unknown path is legible and links home', async () => {
    const { page, findings } = await open(unknown, view);
    expect(await flaws(page)).toEqual([]);
    await picture(page, 'not-found', view);
    await page.getByRole('link', { name: 'Go to the start page' }).click();
    await page.getByRole('heading', { level: 1, name: 'one engine' }).waitFor();
    expect(findings.filter((finding) => !finding.includes('status of 404'))).toEqual([]);
  });

  test.each(['/', ...contracts.map((name) => `/console/${name}`)])('the page %s is legible', async (path) => {
    const watched = await open(path, view);
    expect(await flaws(watched.page)).toEqual([]);
    await picture(watched.page, path === '/' ? 'start' : path.slice('/console/'.length), view);
    expect(watched.findings).toEqual([]);
  });

  test.each(['fib', 'kirjaswappi'] as const)('the page %s is legible with a response', async (contract) => {
    const watched = await open(`/console/${contract}`, view);
    expect((await execute(watched)).status).toBe('200');
    expect(await flaws(watched.page)).toEqual([]);
    await picture(watched.page, `${contract}-response`, view);
    expect(watched.findings).toEqual([]);
  });
});

describe('with --demo', () => {
  test.each(contracts)('%s: Execute refreshes three times, each with the successor', async (contract) => {
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

  test('try-it repeats the previous token, and New session starts another session', async () => {
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

  test('the keyboard reaches the links of the console, and the focus is visible', async () => {
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

describe('a copy button', () => {
  const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

  test('a copy button copies a command with the keyboard, and confirms it', async () => {
    const { page, findings } = await open('/', desk);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const button = page.locator('[data-copy="npm run mock -- fib"]');
    await button.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => button.innerText()).toBe('Copied');
    expect(await page.getByRole('status').last().innerText()).toBe('Copied');
    expect(await clipboard(page)).toBe('npm run mock -- fib');
    await expect.poll(() => button.innerText(), { timeout: 10_000 }).toBe('Copy');
    expect(findings).toEqual([]);
  });

  test('a copy button copies the token of try-it, also without a clipboard interface', async () => {
    const watched = await open('/console/fib', desk);
    const { page } = watched;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const { body } = await execute(watched);
    const button = page.locator('.session-copy');
    await button.click();
    await expect.poll(() => clipboard(page)).toBe(refreshTokenIn('fib', body));
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true }));
    await button.click();
    await expect.poll(() => button.innerText()).toBe('Copied');
    // Restores the interface of the prototype.
    await page.evaluate(() => Reflect.deleteProperty(navigator, 'clipboard'));
    expect(await clipboard(page)).toBe(refreshTokenIn('fib', body));
    expect(watched.findings).toEqual([]);
  });
});

function sessionIn(contract: ContractName, body: unknown): unknown {
  const [, claims = ''] = refreshTokenIn(contract, body).split('.');
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid: unknown }).sid;
}

describe('a single contract', () => {
  test.each(['/api/v4', '/'])('a single contract refreshes in try-it at %s', async (at) => {
    const alone = await startServer({ demo: true, only: { contract: 'cloudreve', at } });
    onTestFinished(alone.stop);
    const watched = await open('/console/cloudreve', desk, alone.origin);
    expect(await execute(watched)).toMatchObject({ status: '200', body: { code: 0 } });
    expect(watched.findings).toEqual([]);
  });
});
