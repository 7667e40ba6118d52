// Several sessions on one storage, as tabs are: by Web Locks and BroadcastChannel, which Node has as browsers do, and by
// what stands in for them where there are none.
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createSession,
  memoryStorage,
  SignedOut,
  type Session,
  type SessionStorage,
} from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { contracts, heard, passing, signedIn, wayTo, type ContractName, type Fault, type Way } from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
  // Here time passes by itself.
  Object.defineProperty(server.clock, 'now', { get: () => Math.floor(Date.now() / 1_000) });
});
afterAll(() => server.stop());
afterEach(() => {
  vi.unstubAllGlobals();
});

interface Tabs {
  readonly tabs: readonly Session[];
  readonly way: Way;
  readonly storage: SessionStorage;
  readonly events: readonly (readonly [string, object][])[];
}

let names = 0;

/** As a page's is: one that \`memoryStorage\` gives is for one session, but this is another object. */
const sharedStorage = (): SessionStorage => ({ ...memoryStorage() });

/** As in a browser, whose locks reach all of its tabs; those of Node reach no other process. */
function asBrowser(): void {
  vi.stubGlobal('process', Object.create(process, { versions: { value: {} } }));
}

async function openTabs(contract: ContractName, count: number): Promise<Tabs> {
  const tokens = await signedIn(server, contract);
  const way = wayTo();
  const storage = sharedStorage();
  names += 1;
  const options = {
    contract: contracts[contract],
    origin: server.origin,
    storage,
    name: `tabs-${names}`,
    fetch: way.fetch,
  };
  const tabs = Array.from({ length: count }, (_none, index) =>
    createSession({ ...options, ...(index === 0 && { tokens }) }),
  );
  onTestFinished(() => {
    for (const tab of tabs) tab.close();
  });
  // Every tab knows of the session before it begins.
  for (const tab of tabs) await tab.isSignedIn();
  return { tabs, way, storage, events: tabs.map(heard) };
}

/** An API refuses the present token of every tab, all at once. @returns what each gets instead */
async function expire({ tabs, way }: Tabs): Promise<readonly string[]> {
  const present = await passing(Promise.all(tabs.map((tab) => tab.accessToken())), way);
  const next = Promise.all(tabs.map((tab, index) => tab.accessTokenAfter(present[index] ?? '')));
  return passing(next, way);
}

/** Timers of the tabs are moved by hand, the clock with them. */
function handTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
}

const refusals = (): number => server.engineEvents.filter(({ type }) => type === 'refused' || type === 'reused').length;

const means: readonly (readonly [string, readonly string[]])[] = [
  ['Web Locks and BroadcastChannel', []],
  ['a lease and BroadcastChannel', ['navigator']],
  ['a lease alone', ['navigator', 'BroadcastChannel', 'addEventListener']],
];

describe.each(means)('by %s', (_name, missing) => {
  const without = (): void => {
    asBrowser();
    for (const name of missing) vi.stubGlobal(name, undefined);
  };

  test.each([2, 5])('%i tabs share one refresh per expiry', async (count) => {
    without();
    handTimers();
    const opened = await openTabs('fib', count);
    const before = refusals();
    const expiries = missing.length === 0 ? 20 : 3;
    for (let turn = 0; turn < expiries; turn += 1) {
      expect(new Set(await expire(opened)).size, 'all have the same').toBe(1);
    }
    expect(opened.way.sent.length).toBe(expiries);
    expect(refusals()).toBe(before);
    expect(opened.events.flat().some(([type]) => type === 'signed-out')).toBe(false);
  });

  test('a terminal refusal signs out once in each of five tabs', async () => {
    without();
    const opened = await openTabs('xerial', 5);
    const tokens = await Promise.all(opened.tabs.map((tab) => tab.accessToken()));
    await server.refract.store.revokeAll({ contract: 'xerial' }, 'requested');
    const asked = await Promise.allSettled(opened.tabs.map((tab, index) => tab.accessTokenAfter(tokens[index] ?? '')));
    expect(asked).toEqual(Array(5).fill({ status: 'rejected', reason: expect.any(SignedOut) }));
    // A tab that is told of it twice says it once.
    await Promise.allSettled(opened.tabs.map((tab) => tab.accessToken()));
    const outs = opened.events.map((events) =>
      events.filter(([type]) => type === 'signed-out').map(([, event]) => event),
    );
    expect(outs.flat()).toHaveLength(5);
    expect(outs.filter(([out]) => JSON.stringify(out) === '{"reason":"refused"}')).toHaveLength(1);
    expect(opened.way.sent.length).toBe(1);
  });

  test('faults in all tabs at once cost no session and bring one successor', async () => {
    without();
    handTimers();
    const opened = await openTabs('fib', 3);
    const lost: Fault = async (forward) => {
      await forward();
      throw new TypeError('terminated');
    };
    const busy: Fault = async () => new Response('busy', { status: 503 });
    for (let turn = 0; turn < 2; turn += 1) {
      opened.way.faults.push(lost, busy);
      expect(new Set(await expire(opened)).size).toBe(1);
    }
    expect(opened.events.flat().some(([type]) => type === 'signed-out')).toBe(false);
  });
});

test('a tab that waits for a busy server goes on as soon as another has new tokens', async () => {
  const opened = await openTabs('fib', 2);
  const [one, other] = opened.tabs;
  const token = (await one?.accessToken()) ?? '';
  opened.way.faults.push(async () => new Response('busy', { status: 503, headers: { 'retry-after': '300' } }));
  const waiting = one?.accessTokenAfter(token);
  await vi.waitUntil(() => opened.events[0]?.some(([type]) => type === 'unavailable'));
  const next = await other?.accessTokenAfter(token);
  expect(await waiting).toBe(next);
});

test('signing in and out is seen in the other tabs', async () => {
  const opened = await openTabs('cloudreve', 2);
  const [one, other] = opened.tabs;
  await one?.signOut();
  await vi.waitUntil(() => opened.events[1]?.length === 1);
  expect(opened.events).toEqual([[['signed-out', { reason: 'requested' }]], [['signed-out', { reason: 'elsewhere' }]]]);
  expect(await other?.isSignedIn()).toBe(false);
  const tokens = await signedIn(server, 'cloudreve');
  const signedInBy: string[] = [];
  one?.on('signed-in', ({ by }) => signedInBy.push(`one: by ${by}`));
  other?.on('signed-in', ({ by }) => signedInBy.push(`other: by ${by}`));
  await one?.signIn(tokens);
  expect(await other?.accessToken()).toBe(tokens.accessToken);
  expect(signedInBy.sort()).toEqual(['one: by this', 'other: by another']);
});

test.each([['refract:named'], [null]])('without channels a storage tells of a change itself: %s', async (key) => {
  const page = new EventTarget();
  vi.stubGlobal('BroadcastChannel', undefined);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  const storage = sharedStorage();
  const tokens = await signedIn(server, 'fib');
  const session = createSession({ contract: contracts.fib, origin: server.origin, storage, tokens, name: 'named' });
  const events = heard(session);
  await session.isSignedIn();
  await storage.removeItem('refract:named');
  page.dispatchEvent(Object.assign(new Event('storage'), { key: 'of-somebody-else' }));
  page.dispatchEvent(Object.assign(new Event('storage'), { key }));
  await vi.waitUntil(() => events.length > 0);
  session.close();
  expect(events).toEqual([['signed-out', { reason: 'elsewhere' }]]);
});

test('a lock that is never given back is not waited for without end', async () => {
  asBrowser();
  const opened = await openTabs('fib', 1);
  const [tab] = opened.tabs;
  const token = await tab?.accessToken();
  const gate = Promise.withResolvers<undefined>();
  const held = navigator.locks.request(`refract:tabs-${names}`, () => gate.promise);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const next = tab?.accessTokenAfter(token ?? '');
  expect(await passing(Promise.resolve(next), opened.way)).toBeTypeOf('string');
  gate.resolve(undefined);
  await held;
});

test.each([
  ['reject', () => Promise.reject(new DOMException('insecure', 'SecurityError'))],
  [
    'throw',
    () => {
      throw new DOMException('insecure', 'SecurityError');
    },
  ],
])('locks that %s are done without', async (_name, request) => {
  asBrowser();
  vi.stubGlobal('navigator', { locks: { request } });
  const opened = await openTabs('fib', 2);
  expect(new Set(await expire(opened)).size, 'the same successor, though both have asked').toBe(1);
});

test('a lease of a tab that is gone, or of a clock that was set back, is not waited for without end', async () => {
  vi.stubGlobal('navigator', undefined);
  const opened = await openTabs('fib', 1);
  const [tab] = opened.tabs;
  await opened.storage.setItem(`refract:tabs-${names}:lease`, `${Date.now() + 3_600_000}:gone`);
  expect(await tab?.accessTokenAfter(await tab.accessToken())).toBeTypeOf('string');
  const isGivenBack = async (): Promise<boolean> =>
    (await opened.storage.getItem(`refract:tabs-${names}:lease`)) === null;
  expect(await vi.waitUntil(isGivenBack, { timeout: 5_000 })).toBe(true);
});

test('sessions of one contract that share no storage do not meet', async () => {
  const [one, other] = [wayTo(), wayTo()];
  const open = async (way: Way) => {
    const tokens = await signedIn(server, 'fib');
    const session = createSession({ contract: contracts.fib, origin: server.origin, tokens, fetch: way.fetch });
    onTestFinished(() => session.close());
    return { session, tokens };
  };
  const [first, second] = [await open(one), await open(other)];
  one.faults.push(() => new Promise(() => undefined));
  const stuck = first.session.accessTokenAfter(first.tokens.accessToken);
  stuck.catch(() => undefined);
  expect(await second.session.accessTokenAfter(second.tokens.accessToken)).toBeTypeOf('string');
  await first.session.signOut();
  expect(await second.session.isSignedIn()).toBe(true);
});
