// The session in real tabs on one localStorage: one refresh per expiry, whatever the network does, and whoever dies.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Session, Tokens } from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { startFront, type Front, type FrontFault } from './front.ts';
import { openBrowser } from './watched.ts';

const contracts = ['xerial', 'fib', 'cloudreve', 'kirjaswappi'] as const;
type ContractName = (typeof contracts)[number];

/** Seconds. */
const lifetime = 300;

/** A browser on a busy machine takes longer than polling waits by itself. */
const patience = { timeout: 20_000 };

let browser: Browser;
let server: TestServer;
let front: Front;
/** What the server's clock is ahead of this machine's, in milliseconds. */
let moved = 0;
beforeAll(async () => {
  const lifetimes = contracts.map((name) => [`REFRACT_${name.toUpperCase()}_ACCESS_LIFETIME`, String(lifetime)]);
  [browser, server] = await Promise.all([
    openBrowser(),
    startServer({ environment: { REFRACT_SESSION_LIMIT: '0', ...Object.fromEntries(lifetimes) } }),
  ]);
  Object.defineProperty(server.clock, 'now', { get: () => Math.floor((Date.now() + moved) / 1_000) });
  front = await startFront(server.origin, contracts);
});
afterAll(async () => {
  await browser.close();
  await front.stop();
  await server.stop();
});
beforeEach(() => {
  moved = 0;
  front.fault = () => undefined;
});

/** What the page of front.ts leaves there. */
declare const session: Session;
declare const told: [string, { readonly reason?: string }][];

interface Tabs {
  readonly context: BrowserContext;
  readonly pages: readonly Page[];
}

interface Wanted {
  readonly contract?: ContractName;
  readonly lockless?: boolean;
  /** Seconds that the tabs' clock is ahead of the server's; it is then moved by hand. */
  readonly clockAhead?: number;
}

/** So many tabs of one signed-in session. */
async function openTabs(
  count: number,
  { contract = 'xerial', lockless = false, clockAhead }: Wanted = {},
): Promise<Tabs> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  if (clockAhead !== undefined) await context.clock.install({ time: Date.now() + moved + clockAhead * 1_000 });
  const pages = await Promise.all(Array.from({ length: count }, () => context.newPage()));
  for (const page of pages) {
    await page.goto(`${front.origin}/?contract=${contract}${lockless ? '&lockless' : ''}`);
    await page.waitForFunction('globalThis.session !== undefined');
  }
  const issued = await server.refract.issueDemo(contract);
  if (issued.kind === 'refused') throw new Error(issued.refusal);
  const tokens: Tokens = { accessToken: issued.grant.access.token, refreshToken: issued.grant.refresh.token };
  await pages[0]?.evaluate((given) => session.signIn(given), tokens);
  // A browser's tabs see a little later what one of them has stored.
  await Promise.all(pages.map((page) => page.waitForFunction(() => session.isSignedIn(), undefined, patience)));
  return { context, pages };
}

/** Every tab is told by its API that its token is refused, all at once. @returns what they get instead */
async function refuse({ pages }: Tabs): Promise<ReadonlySet<string>> {
  const present = (await pages[0]?.evaluate(() => session.accessToken())) ?? '';
  const next = await Promise.all(
    pages.map((page) => page.evaluate((token) => session.accessTokenAfter(token), present)),
  );
  expect(next).not.toContain(present);
  return new Set(next);
}

/** The access token expires, for all tabs at once. @returns what they get instead */
async function expire({ context, pages }: Tabs): Promise<ReadonlySet<string>> {
  // The clocks of tabs differ a little.
  const step = (lifetime + 5) * 1_000;
  moved += step;
  await context.clock.fastForward(step);
  return new Set(await Promise.all(pages.map((page) => page.evaluate(() => session.accessToken()))));
}

const signedOut = (pages: readonly Page[]): Promise<(string | undefined)[][]> =>
  Promise.all(
    pages.map((page) =>
      page.evaluate(() => told.filter(([type]) => type === 'signed-out').map(([, { reason }]) => reason)),
    ),
  );

const refusals = (): number => server.engineEvents.filter(({ type }) => type === 'refused' || type === 'reused').length;

describe('one refresh per expiry', () => {
  test.each([2, 5])('in %i tabs, two hundred times', { timeout: 240_000 }, async (count) => {
    const tabs = await openTabs(count, { clockAhead: 0 });
    const [asked, refused] = [front.asked(), refusals()];
    const seen = new Set<string>();
    for (let turn = 1; turn <= 200; turn += 1) {
      const next = await expire(tabs);
      expect(next.size, 'all tabs have the same').toBe(1);
      for (const token of next) seen.add(token);
      expect(front.asked() - asked).toBe(turn);
    }
    expect([seen.size, refusals() - refused]).toEqual([200, 0]);
    expect((await signedOut(tabs.pages)).flat()).toEqual([]);
  });

  test.each(contracts)('%s: told by an API, in five tabs', async (contract) => {
    const tabs = await openTabs(5, { contract });
    const asked = front.asked();
    for (let turn = 1; turn <= 10; turn += 1) {
      // A static renewal within one second is the same token.
      moved += 2_000;
      expect((await refuse(tabs)).size).toBe(1);
      expect(front.asked() - asked).toBe(turn);
    }
  });

  test.each([2, 5])('in %i tabs without Web Locks, as pages without TLS are', async (count) => {
    const tabs = await openTabs(count, { lockless: true });
    const asked = front.asked();
    for (let turn = 1; turn <= 10; turn += 1) {
      expect((await refuse(tabs)).size).toBe(1);
      expect(front.asked() - asked).toBe(turn);
    }
  });

  test.each([-600, 600])('with clocks that are %i s ahead', async (clockAhead) => {
    const tabs = await openTabs(2, { clockAhead });
    const [asked, refused] = [front.asked(), refusals()];
    for (let turn = 1; turn <= 20; turn += 1) {
      expect((await expire(tabs)).size).toBe(1);
      expect(front.asked() - asked).toBe(turn);
    }
    expect(refusals()).toBe(refused);
  });
});

describe('the session survives', () => {
  const html = { 'content-type': 'text/html' };
  const page = (status: number): FrontFault => ({ status, body: '<h1>A page of the proxy</h1>', headers: html });
  const text = (status: number): FrontFault => ({ status, body: 'busy', headers: { 'retry-after': '0' } });
  /** The same numbers every time (a linear congruential generator). */
  const dice = (): (() => number) => {
    let state = 20_231;
    return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  };

  test.each([2, 5])(
    'in %i tabs, with a third of the answers lost and storms of everything else',
    { timeout: 240_000 },
    async (count) => {
      const tabs = await openTabs(count, { contract: 'fib' });
      const refused = refusals();
      const roll = dice();
      let faults = 0;
      const table: readonly (readonly [number, FrontFault])[] = [
        [0.3, 'the answer is lost'],
        [0.35, 'the request is lost'],
        [0.4, text(503)],
        [0.45, text(429)],
        [0.5, page(502)],
        [0.55, page(200)],
        [0.6, { status: 200, body: '{"error":"login_required"}', headers: { 'content-type': 'application/json' } }],
      ];
      front.fault = () => {
        const thrown = roll();
        const fault = table.find(([edge]) => thrown < edge)?.[1];
        if (fault !== undefined) faults += 1;
        return fault;
      };
      for (let turn = 0; turn < 30; turn += 1) expect((await refuse(tabs)).size).toBe(1);
      expect(faults).toBeGreaterThan(10);
      expect(refusals()).toBe(refused);
      expect((await signedOut(tabs.pages)).flat()).toEqual([]);
    },
  );

  test('a storm of 503, and goes on at once when it is over', async () => {
    const tabs = await openTabs(2);
    front.fault = () => ({ status: 503, body: 'busy', headers: { 'retry-after': '1' } });
    const asked = refuse(tabs);
    const before = front.asked();
    await expect.poll(() => front.asked() - before, patience).toBeGreaterThan(3);
    front.fault = () => undefined;
    expect((await asked).size).toBe(1);
    expect((await signedOut(tabs.pages)).flat()).toEqual([]);
  });

  test('being offline', async () => {
    const tabs = await openTabs(2);
    await tabs.context.setOffline(true);
    const asked = refuse(tabs);
    await tabs.pages[0]?.waitForFunction(() => told.some(([type]) => type === 'unavailable'));
    await tabs.context.setOffline(false);
    expect((await asked).size).toBe(1);
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
  ])('a tab that %s while it holds the lock', async (_how, end) => {
    const tabs = await openTabs(3);
    const [first, ...others] = tabs.pages;
    if (first === undefined) throw new Error('no tab');
    // The server commits, and the tab that asked never hears of it.
    front.fault = () => 'the answer never comes';
    const before = front.asked();
    const present = await first.evaluate(() => session.accessToken());
    first.evaluate((token) => session.accessTokenAfter(token), present).catch(() => undefined);
    await expect.poll(() => front.asked() - before, patience).toBe(1);
    front.fault = () => undefined;
    const asked = refuse({ ...tabs, pages: others });
    await end(first);
    expect((await asked).size).toBe(1);
    expect(front.asked() - before, 'once in vain, once for all the others').toBe(2);
    expect((await signedOut(others)).flat()).toEqual([]);
  });
});

describe('it ends', () => {
  test('once in each of five tabs with a terminal refusal, which one of them was given', async () => {
    const tabs = await openTabs(5);
    const asked = front.asked();
    await server.refract.store.revokeAll({ contract: 'xerial' }, 'requested');
    await expect(refuse(tabs)).rejects.toThrow('SignedOut');
    await expect.poll(async () => (await signedOut(tabs.pages)).flat().length, patience).toBe(5);
    const reasons = (await signedOut(tabs.pages)).map((each) => each.join());
    expect(reasons.toSorted()).toEqual(['elsewhere', 'elsewhere', 'elsewhere', 'elsewhere', 'refused']);
    expect(front.asked() - asked).toBe(1);
  });

  test('in all tabs when one signs out, or the storage is emptied', async () => {
    const tabs = await openTabs(2);
    await tabs.pages[0]?.evaluate(() => session.signOut());
    await expect.poll(() => signedOut(tabs.pages), patience).toEqual([['requested'], ['elsewhere']]);
    const other = await openTabs(2);
    await other.pages[0]?.evaluate(() => localStorage.clear());
    await expect.poll(async () => (await signedOut(other.pages))[1], patience).toEqual(['elsewhere']);
  });
});
