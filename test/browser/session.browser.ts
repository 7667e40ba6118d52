// The session in real tabs on one localStorage: one refresh per expiry, with network faults and with dying tabs.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Session, Tokens } from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { startFront, type Front, type FrontFault } from './front.ts';
import { openBrowser } from './watched.ts';

const contracts = ['xerial', 'fib', 'cloudreve', 'kirjaswappi'] as const;
type ContractName = (typeof contracts)[number];

/** Seconds that an access token lives. */
const lifetime = 300;

/** A browser on a busy machine takes longer than the default timeout of polling. */
const patience = { timeout: 20_000 };

let browser: Browser;
let server: TestServer;
let front: Front;
/** Milliseconds that the server's clock is ahead of this machine's. */
let aheadMs = 0;
beforeAll(async () => {
  const lifetimes = contracts.map((name) => [`REFRACT_${name.toUpperCase()}_ACCESS_LIFETIME`, String(lifetime)]);
  [browser, server] = await Promise.all([
    openBrowser(),
    startServer({ environment: { REFRACT_SESSION_LIMIT: '0', ...Object.fromEntries(lifetimes) } }),
  ]);
  Object.defineProperty(server.clock, 'now', { get: () => Math.floor((Date.now() + aheadMs) / 1_000) });
  front = await startFront(server.origin, contracts);
});
afterAll(async () => {
  await browser.close();
  await front.stop();
  await server.stop();
});
beforeEach(() => {
  aheadMs = 0;
  front.fault = () => undefined;
});

/** Globals of the page in front.ts. */
declare const session: Session;
declare const events: [string, { readonly reason?: string }][];

interface Tabs {
  readonly context: BrowserContext;
  readonly pages: readonly Page[];
}

interface TabOptions {
  readonly contract?: ContractName;
  readonly lockless?: boolean;
  /** Seconds that the tabs' clock is ahead of the server's. The tabs' clock is then moved by hand. */
  readonly clockAhead?: number;
}

/** Opens `count` tabs of one signed-in session. */
async function openTabs(
  count: number,
  { contract = 'xerial', lockless = false, clockAhead }: TabOptions = {},
): Promise<Tabs> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  if (clockAhead !== undefined) await context.clock.install({ time: Date.now() + aheadMs + clockAhead * 1_000 });
  const pages = await Promise.all(Array.from({ length: count }, () => context.newPage()));
  for (const page of pages) {
    await page.goto(`${front.origin}/?contract=${contract}${lockless ? '&lockless' : ''}`);
    await page.waitForFunction('globalThis.session !== undefined');
  }
  const issued = await server.refract.issueDemo(contract);
  if (issued.kind === 'refused') throw new Error(issued.refusal);
  const tokens: Tokens = { accessToken: issued.grant.access.token, refreshToken: issued.grant.refresh.token };
  await pages[0]?.evaluate((issued) => session.signIn(issued), tokens);
  // The other tabs see the stored tokens a little later.
  await Promise.all(pages.map((page) => page.waitForFunction(() => session.isSignedIn(), undefined, patience)));
  return { context, pages };
}

/** An API refuses the token of every tab at once. @returns the tokens that replace it */
async function refuseAll({ pages }: Tabs): Promise<ReadonlySet<string>> {
  const present = (await pages[0]?.evaluate(() => session.accessToken())) ?? '';
  const next = await Promise.all(
    pages.map((page) => page.evaluate((token) => session.accessTokenAfter(token), present)),
  );
  expect(next).not.toContain(present);
  return new Set(next);
}

/** The access tokens of all tabs expire at once. @returns the tokens that replace them, for each session */
async function expireAll(...all: readonly Tabs[]): Promise<readonly ReadonlySet<string>[]> {
  // The clocks of tabs differ a little.
  const stepMs = (lifetime + 5) * 1_000;
  aheadMs += stepMs;
  return Promise.all(
    all.map(async ({ context, pages }) => {
      await context.clock.fastForward(stepMs);
      return new Set(await Promise.all(pages.map((page) => page.evaluate(() => session.accessToken()))));
    }),
  );
}

const signedOut = (pages: readonly Page[]): Promise<(string | undefined)[][]> =>
  Promise.all(
    pages.map((page) =>
      page.evaluate(() => events.filter(([type]) => type === 'signed-out').map(([, { reason }]) => reason)),
    ),
  );

const refusals = (): number => server.engineEvents.filter(({ type }) => type === 'refused' || type === 'reused').length;

describe('one refresh per expiry', () => {
  test(
    '2 tabs of one session and 5 of another refresh once per expiry, 200 times each',
    { timeout: 240_000 },
    async () => {
      const both = [await openTabs(2, { clockAhead: 0 }), await openTabs(5, { clockAhead: 0 })];
      const [before, refused] = [front.refreshCount(), refusals()];
      const seen = both.map(() => new Set<string>());
      for (let turn = 1; turn <= 200; turn += 1) {
        for (const [index, next] of (await expireAll(...both)).entries()) {
          expect(next.size, 'all tabs have the same token').toBe(1);
          for (const token of next) seen[index]?.add(token);
        }
        // Each session has a new token, so each refreshed once.
        expect(seen.map(({ size }) => size)).toEqual([turn, turn]);
        expect(front.refreshCount() - before).toBe(2 * turn);
      }
      expect(refusals()).toBe(refused);
      for (const { pages } of both) expect((await signedOut(pages)).flat()).toEqual([]);
    },
  );

  test.each(contracts)('%s: five tabs whose API refuses the token share one refresh', async (contract) => {
    const tabs = await openTabs(5, { contract });
    const before = front.refreshCount();
    for (let turn = 1; turn <= 10; turn += 1) {
      // A static renewal within one second is the same token.
      aheadMs += 2_000;
      expect((await refuseAll(tabs)).size).toBe(1);
      expect(front.refreshCount() - before).toBe(turn);
    }
  });

  test.each([2, 5])('%i tabs without Web Locks, as on pages without TLS, share one refresh', async (count) => {
    const tabs = await openTabs(count, { lockless: true });
    const [before, refused] = [front.refreshCount(), refusals()];
    const turns = 10;
    for (let turn = 1; turn <= turns; turn += 1) expect((await refuseAll(tabs)).size).toBe(1);
    // A lease in the storage is not exact: a tab that gets no processor time may refresh as well, with the same successor.
    expect(front.refreshCount() - before).toBeGreaterThanOrEqual(turns);
    expect(front.refreshCount() - before).toBeLessThanOrEqual(turns + 3);
    expect(refusals()).toBe(refused);
  });

  test.each([-600, 600])('two tabs with clocks %i s ahead share one refresh per expiry', async (clockAhead) => {
    const tabs = await openTabs(2, { clockAhead });
    const [before, refused] = [front.refreshCount(), refusals()];
    for (let turn = 1; turn <= 20; turn += 1) {
      expect((await expireAll(tabs))[0]?.size).toBe(1);
      expect(front.refreshCount() - before).toBe(turn);
    }
    expect(refusals()).toBe(refused);
  });
});

describe('the session survives', () => {
  const html = { 'content-type': 'text/html' };
  const page = (status: number): FrontFault => ({ status, body: '<h1>A page of the proxy</h1>', headers: html });
  const text = (status: number): FrontFault => ({ status, body: 'busy', headers: { 'retry-after': '0' } });
  /** The same numbers every time (a linear congruential generator). */
  const createDice = (): (() => number) => {
    let state = 20_231;
    return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  };

  test.each([2, 5])(
    'a session in %i tabs survives lost responses and storms of errors',
    { timeout: 240_000 },
    async (count) => {
      const tabs = await openTabs(count, { contract: 'fib' });
      const refused = refusals();
      const roll = createDice();
      let faults = 0;
      const table: readonly (readonly [number, FrontFault])[] = [
        [0.3, 'the response is lost'],
        [0.35, 'the request is lost'],
        [0.4, text(503)],
        [0.45, text(429)],
        [0.5, page(502)],
        [0.55, page(200)],
        [0.6, { status: 200, body: '{"error":"login_required"}', headers: { 'content-type': 'application/json' } }],
      ];
      front.fault = () => {
        const rolled = roll();
        const fault = table.find(([edge]) => rolled < edge)?.[1];
        if (fault !== undefined) faults += 1;
        return fault;
      };
      for (let turn = 0; turn < 30; turn += 1) expect((await refuseAll(tabs)).size).toBe(1);
      expect(faults).toBeGreaterThan(10);
      expect(refusals()).toBe(refused);
      expect((await signedOut(tabs.pages)).flat()).toEqual([]);
    },
  );

  test('a session survives a storm of 503, and refreshes as soon as it ends', async () => {
    const tabs = await openTabs(2);
    front.fault = () => ({ status: 503, body: 'busy', headers: { 'retry-after': '1' } });
    const pending = refuseAll(tabs);
    const before = front.refreshCount();
    await expect.poll(() => front.refreshCount() - before, patience).toBeGreaterThan(3);
    front.fault = () => undefined;
    expect((await pending).size).toBe(1);
    expect((await signedOut(tabs.pages)).flat()).toEqual([]);
  });

  test('a session survives an offline period', async () => {
    const tabs = await openTabs(2);
    await tabs.context.setOffline(true);
    const pending = refuseAll(tabs);
    await tabs.pages[0]?.waitForFunction(() => events.some(([type]) => type === 'unavailable'));
    await tabs.context.setOffline(false);
    expect((await pending).size).toBe(1);
    expect((await signedOut(tabs.pages)).flat()).toEqual([]);
  });

  test.each([
    ['is closed', async (tab: Page) => tab.close()],
    [
      'crashes',
      async (tab: Page) => {
        const devtools = await tab.context().newCDPSession(tab);
        const crashed = tab.waitForEvent('crash');
        devtools.send('Page.crash').catch(() => undefined);
        await crashed;
      },
    ],
  ])('a session survives a tab that %s while it holds the lock', async (_how, end) => {
    const tabs = await openTabs(3);
    const [first, ...others] = tabs.pages;
    if (first === undefined) throw new Error('no tab');
    // The server commits, and the tab gets no response.
    front.fault = () => 'the response never comes';
    const before = front.refreshCount();
    const present = await first.evaluate(() => session.accessToken());
    first.evaluate((token) => session.accessTokenAfter(token), present).catch(() => undefined);
    await expect.poll(() => front.refreshCount() - before, patience).toBe(1);
    front.fault = () => undefined;
    const pending = refuseAll({ ...tabs, pages: others });
    await end(first);
    expect((await pending).size).toBe(1);
    expect(front.refreshCount() - before, 'one without a response, one for all the other tabs').toBe(2);
    expect((await signedOut(others)).flat()).toEqual([]);
  });
});

describe('the session ends', () => {
  test('a session ends once in each of five tabs after a terminal refusal', async () => {
    const tabs = await openTabs(5);
    const before = front.refreshCount();
    await server.refract.store.revokeAll({ contract: 'xerial' }, 'requested');
    await expect(refuseAll(tabs)).rejects.toThrow('SignedOut');
    await expect.poll(async () => (await signedOut(tabs.pages)).flat().length, patience).toBe(5);
    const reasons = (await signedOut(tabs.pages)).map((each) => each.join());
    expect(reasons.toSorted()).toEqual(['elsewhere', 'elsewhere', 'elsewhere', 'elsewhere', 'refused']);
    expect(front.refreshCount() - before).toBe(1);
  });

  test('a session ends in all tabs when one signs out or the storage is cleared', async () => {
    const tabs = await openTabs(2);
    await tabs.pages[0]?.evaluate(() => session.signOut());
    await expect.poll(() => signedOut(tabs.pages), patience).toEqual([['requested'], ['elsewhere']]);
    const other = await openTabs(2);
    await other.pages[0]?.evaluate(() => localStorage.clear());
    await expect.poll(async () => (await signedOut(other.pages))[1], patience).toEqual(['elsewhere']);
  });
});
