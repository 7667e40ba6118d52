// The session page in real tabs: it is legible in every state, and shows the actions of the session.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { contracts } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { flaws } from './legible.ts';
import { openBrowser, picture, views, watch } from './watched.ts';

let browser: Browser;
let server: TestServer;
beforeAll(async () => {
  [browser, server] = await Promise.all([
    openBrowser(),
    startServer({ demo: true, environment: { REFRACT_SESSION_LIMIT: '0' } }),
  ]);
  // This server follows the real clock.
  Object.defineProperty(server.clock, 'now', { get: () => Math.floor(Date.now() / 1_000) });
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** A browser on a busy machine takes longer than the default timeout of polling. */
const patience = { timeout: 15_000 };

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name }).click();
const entries = (page: Page): Promise<string[]> => page.locator('.entry-what').allInnerTexts();
const waitForEntry = (page: Page, words: string): Promise<void> =>
  page.locator('.entry-what', { hasText: words }).first().waitFor();
const state = (page: Page): Promise<string> => page.locator('.state').innerText();

async function signIn(page: Page): Promise<void> {
  await press(page, 'Sign in');
  await waitForEntry(page, 'Signed in as the demo subject');
}

async function openTab(context: BrowserContext, contract: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.origin}/console/session/${contract}`);
  await expect.poll(() => state(page), patience).toMatch(/^Signed/);
  return page;
}

async function openTabs(contract: string): Promise<readonly [Page, Page]> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const tabs = [await openTab(context, contract), await openTab(context, contract)] as const;
  await signIn(tabs[0]);
  await expect.poll(() => state(tabs[1]), patience).toBe('Signed in.');
  return tabs;
}

const refreshes = (): number => server.engineEvents.filter(({ type }) => type === 'refreshed').length;

describe.each(views)('at $width pixels, $scheme', (view) => {
  test('the session page is legible in every state', async () => {
    const watched = await watch(browser, [`${server.origin}/`], view);
    onTestFinished(watched.close);
    const { page } = watched;
    const check = async (name: string): Promise<void> => {
      expect(await flaws(page)).toEqual([]);
      await picture(page, `session-${name}`, view);
    };
    await page.goto(`${server.origin}/console/session`);
    await expect.poll(() => state(page), patience).toBe('Signed out.');
    await check('out');
    await signIn(page);
    await press(page, 'Refresh now');
    await waitForEntry(page, 'New tokens, for all tabs');
    await check('in');
    await press(page, 'Cut the server off');
    await press(page, 'Expire the access token');
    await waitForEntry(page, 'The session waits');
    await check('cut');
    await press(page, 'Bring the server back');
    await expect.poll(async () => (await entries(page))[0], patience).toBe('New tokens, for all tabs');
    await press(page, 'Replay a stolen token');
    await waitForEntry(page, 'the server has ended the session');
    await check('ended');
    expect(watched.findings.filter((finding) => !finding.includes('status of 401'))).toEqual([]);
  });
});

test.each(contracts)('%s: two tabs of the session page share a session and its refresh', async (contract) => {
  const [one, other] = await openTabs(contract);
  const before = refreshes();
  // A static renewal within one second is the same token.
  const second = server.clock.now;
  await expect.poll(() => server.clock.now, patience).toBeGreaterThan(second);
  await press(one, 'Expire the access token');
  await Promise.all(
    [one, other].map((page) =>
      expect.poll(() => entries(page), patience).toContainEqual(expect.stringMatching(/^New tokens/)),
    ),
  );
  expect(refreshes() - before).toBe(1);
  const shown = await Promise.all([one, other].map((page) => page.locator('.card dd').allInnerTexts()));
  expect(shown[0]?.[0]).toBe(shown[1]?.[0]);
});

test('an unreachable server ends no session, which refreshes when it is back', async () => {
  const [one, other] = await openTabs('xerial');
  await press(one, 'Cut the server off');
  await expect.poll(() => state(other), patience).toContain('cut off');
  await press(one, 'Expire the access token');
  await Promise.all([waitForEntry(one, 'The session waits'), waitForEntry(other, 'The session waits')]);
  await press(other, 'Bring the server back');
  await Promise.all([waitForEntry(one, 'New tokens'), waitForEntry(other, 'New tokens')]);
  expect([await state(one), await state(other)]).toEqual(['Signed in.', 'Signed in.']);
});

test('a replayed stolen token ends the session in both tabs', async () => {
  const [one, other] = await openTabs('fib');
  await press(one, 'Replay a stolen token');
  await Promise.all([
    waitForEntry(one, 'the server has ended the session'),
    waitForEntry(other, 'together with another tab'),
  ]);
  expect([await state(one), await state(other)]).toEqual(['Signed out.', 'Signed out.']);
  expect(server.engineEvents.some(({ type }) => type === 'reused')).toBe(true);
  await signIn(other);
  await expect.poll(() => state(one), patience).toBe('Signed in.');
});

test.each(['cloudreve', 'kirjaswappi'])(
  '%s: the session page says that a stolen token is not detected',
  async (contract) => {
    const [one] = await openTabs(contract);
    await press(one, contract === 'kirjaswappi' ? 'Use a stolen token' : 'Replay a stolen token');
    await waitForEntry(one, 'received tokens');
    expect(await state(one)).toBe('Signed in.');
  },
);

test('the session page contains no token', async () => {
  const [one] = await openTabs('fib');
  await press(one, 'Refresh now');
  await waitForEntry(one, 'New tokens');
  expect(await one.content()).not.toMatch(/[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/);
});

test('the session page exists with demo sessions only', async () => {
  const plain = await startServer();
  onTestFinished(plain.stop);
  const paths = ['/console/session', '/console/session/fib', '/console/assets/session-fib.js'];
  const statuses = paths.map(async (path) => (await fetch(plain.origin + path)).status);
  expect(await Promise.all(statuses)).toEqual([404, 404, 404]);
});
