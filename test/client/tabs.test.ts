// Several sessions on one storage, like tabs: with Web Locks and BroadcastChannel, which Node has too, and with their
// replacements.
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createSession,
  memoryStorage,
  SignedOut,
  type Session,
  type SessionStorage,
} from '../../src/client/session.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import {
  contracts,
  collectEvents,
  advanceUntil,
  signIn,
  createConnection,
  type ContractName,
  type Fault,
  type Connection,
} from './world.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: { REFRACT_SESSION_LIMIT: '0' } });
  // This test uses real time.
  Object.defineProperty(server.clock, 'now', { get: () => Math.floor(Date.now() / 1_000) });
});
afterAll(() => server.stop());
afterEach(() => {
  vi.unstubAllGlobals();
});

interface Tabs {
  readonly tabs: readonly Session[];
  readonly connection: Connection;
  readonly storage: SessionStorage;
  readonly events: readonly (readonly [string, object][])[];
}

let names = 0;

/** A shared storage, like a page's: another object than the one of \`memoryStorage\`. */
const sharedStorage = (): SessionStorage => ({ ...memoryStorage() });

/** Web Locks as in a browser, whose tabs share them; Node's are limited to one process. */
function withWebLocks(): void {
  vi.stubGlobal('process', Object.create(process, { versions: { value: {} } }));
}

async function openTabs(contract: ContractName, count: number): Promise<Tabs> {
  const tokens = await signIn(server, contract);
  const connection = createConnection();
  const storage = sharedStorage();
  names += 1;
  const options = {
    contract: contracts[contract],
    origin: server.origin,
    storage,
    name: `tabs-${names}`,
    fetch: connection.fetch,
  };
  const tabs = Array.from({ length: count }, (_none, index) =>
    createSession({ ...options, ...(index === 0 && { tokens }) }),
  );
  onTestFinished(() => {
    for (const tab of tabs) tab.close();
  });
  // Every tab has read the session before the test begins.
  for (const tab of tabs) await tab.isSignedIn();
  return { tabs, connection, storage, events: tabs.map(collectEvents) };
}

/** Reports the present token of every tab as refused at the same time. @returns the new token of each */
async function expire({ tabs, connection }: Tabs): Promise<readonly string[]> {
  const present = await advanceUntil(Promise.all(tabs.map((tab) => tab.accessToken())), connection);
  const next = Promise.all(tabs.map((tab, index) => tab.accessTokenAfter(present[index] ?? '')));
  return advanceUntil(next, connection);
}

/** Fakes timers and clock of the tabs. */
function fakeTimers(): void {
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
    withWebLocks();
    for (const name of missing) vi.stubGlobal(name, undefined);
  };

  test.each([2, 5])('%i tabs share one refresh per expiry', async (count) => {
    without();
    fakeTimers();
    const opened = await openTabs('fib', count);
    const before = refusals();
    const expiries = missing.length === 0 ? 20 : 3;
    for (let turn = 0; turn < expiries; turn += 1) {
      expect(new Set(await expire(opened)).size, 'all have the same').toBe(1);
    }
    expect(opened.connection.sent.length).toBe(expiries);
    expect(refusals()).toBe(before);
    expect(opened.events.flat().some(([type]) => type === 'signed-out')).toBe(false);
  });

  test('a final refusal signs out once in each of five tabs', async () => {
    without();
    const opened = await openTabs('xerial', 5);
    const tokens = await Promise.all(opened.tabs.map((tab) => tab.accessToken()));
    await server.refract.store.revokeAll({ contract: 'xerial' }, 'requested');
    const pending = await Promise.allSettled(
      opened.tabs.map((tab, index) => tab.accessTokenAfter(tokens[index] ?? '')),
    );
    expect(pending).toEqual(Array(5).fill({ status: 'rejected', reason: expect.any(SignedOut) }));
    // A tab that is notified twice emits one event.
    await Promise.allSettled(opened.tabs.map((tab) => tab.accessToken()));
    const signOuts = opened.events.map((events) =>
      events.filter(([type]) => type === 'signed-out').map(([, event]) => event),
    );
    expect(signOuts.flat()).toHaveLength(5);
    expect(signOuts.filter(([out]) => JSON.stringify(out) === '{"reason":"refused"}')).toHaveLength(1);
    expect(opened.connection.sent.length).toBe(1);
  });

  test('faults in all tabs at once keep the session and lead to one successor', async () => {
    without();
    fakeTimers();
    const opened = await openTabs('fib', 3);
    const lost: Fault = async (forward) => {
      await forward();
      throw new TypeError('terminated');
    };
    const busy: Fault = async () => new Response('busy', { status: 503 });
    for (let turn = 0; turn < 2; turn += 1) {
      opened.connection.faults.push(lost, busy);
      expect(new Set(await expire(opened)).size).toBe(1);
    }
    expect(opened.events.flat().some(([type]) => type === 'signed-out')).toBe(false);
  });
});

test('a tab that waits for a busy server continues once another has new tokens', async () => {
  const opened = await openTabs('fib', 2);
  const [one, other] = opened.tabs;
  const token = (await one?.accessToken()) ?? '';
  opened.connection.faults.push(async () => new Response('busy', { status: 503, headers: { 'retry-after': '300' } }));
  const waiting = one?.accessTokenAfter(token);
  await vi.waitUntil(() => opened.events[0]?.some(([type]) => type === 'unavailable'));
  const next = await other?.accessTokenAfter(token);
  expect(await waiting).toBe(next);
});

test('sign-in and sign-out are noticed in the other tabs', async () => {
  const opened = await openTabs('cloudreve', 2);
  const [one, other] = opened.tabs;
  await one?.signOut();
  await vi.waitUntil(() => opened.events[1]?.length === 1);
  expect(opened.events).toEqual([[['signed-out', { reason: 'requested' }]], [['signed-out', { reason: 'elsewhere' }]]]);
  expect(await other?.isSignedIn()).toBe(false);
  const tokens = await signIn(server, 'cloudreve');
  const signedInBy: string[] = [];
  one?.on('signed-in', ({ by }) => signedInBy.push(`one: by ${by}`));
  other?.on('signed-in', ({ by }) => signedInBy.push(`other: by ${by}`));
  await one?.signIn(tokens);
  expect(await other?.accessToken()).toBe(tokens.accessToken);
  expect(signedInBy.sort()).toEqual(['one: by this', 'other: by another']);
});

test.each([['refract:named'], [null]])('without channels storage events report a change: %s', async (key) => {
  const page = new EventTarget();
  vi.stubGlobal('BroadcastChannel', undefined);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  const storage = sharedStorage();
  const tokens = await signIn(server, 'fib');
  const session = createSession({ contract: contracts.fib, origin: server.origin, storage, tokens, name: 'named' });
  const events = collectEvents(session);
  await session.isSignedIn();
  await storage.removeItem('refract:named');
  page.dispatchEvent(Object.assign(new Event('storage'), { key: 'another' }));
  page.dispatchEvent(Object.assign(new Event('storage'), { key }));
  await vi.waitUntil(() => events.length > 0);
  session.close();
  expect(events).toEqual([['signed-out', { reason: 'elsewhere' }]]);
});

test('a lock that is never released does not block forever', async () => {
  withWebLocks();
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
  expect(await advanceUntil(Promise.resolve(next), opened.connection)).toBeTypeOf('string');
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
])('locks that %s are replaced', async (_name, request) => {
  withWebLocks();
  vi.stubGlobal('navigator', { locks: { request } });
  const opened = await openTabs('fib', 2);
  expect(new Set(await expire(opened)).size, 'the same successor, though both have pending').toBe(1);
});

test('a lease of a closed tab, or of a clock set back, does not block forever', async () => {
  vi.stubGlobal('navigator', undefined);
  const opened = await openTabs('fib', 1);
  const [tab] = opened.tabs;
  await opened.storage.setItem(`refract:tabs-${names}:lease`, `${Date.now() + 3_600_000}:gone`);
  expect(await tab?.accessTokenAfter(await tab.accessToken())).toBeTypeOf('string');
  const isReleased = async (): Promise<boolean> =>
    (await opened.storage.getItem(`refract:tabs-${names}:lease`)) === null;
  expect(await vi.waitUntil(isReleased, { timeout: 5_000 })).toBe(true);
});

test('sessions of one contract with separate storages are independent', async () => {
  const [one, other] = [createConnection(), createConnection()];
  const open = async (connection: Connection) => {
    const tokens = await signIn(server, 'fib');
    const session = createSession({ contract: contracts.fib, origin: server.origin, tokens, fetch: connection.fetch });
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
