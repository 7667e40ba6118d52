// Rules of a session, with fake responses and a fake clock; each has been broken before.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createXerialClient } from '../../generated/xerial.client.ts';
import {
  createSession,
  memoryStorage,
  SessionUnavailable,
  SignedOut,
  type Session,
  type SessionOptions,
  type SessionStorage,
  type Tokens,
  sessionMiddleware,
} from '../../src/client/session.ts';
import { segment } from '../shared/tokens.ts';
import { busy, lost } from './faults.ts';
import { contracts, collectEvents } from './world.ts';

let made = 0;

/** Unsigned tokens, which a session does not verify. @param more claims of the access token */
function pair(more: object = {}): Tokens {
  const now = Math.floor(Date.now() / 1_000);
  const jws = (claims: object): string => `${segment({ alg: 'HS256' })}.${segment(claims)}.c2ln`;
  made += 1;
  return {
    accessToken: jws({ iat: now, exp: now + 300, number: made, ...more }),
    refreshToken: jws({ number: made }),
  };
}

const granting = ({ accessToken, refreshToken }: Tokens): Response =>
  Response.json({ access: { token: accessToken, expires: '' }, refresh: { token: refreshToken, expires: '' } });

const origin = 'https://tokens.example';

interface Opened {
  readonly session: Session;
  /** The refresh tokens and other bodies of the requests. */
  readonly sent: Request[];
  readonly events: [string, object][];
}

/** A fake response; faults of the table work as well, with nothing to forward. */
type FakeServer = (forward: typeof never, request: Request) => Response | Promise<Response>;

/** Opens a session whose requests get the listed responses, and then grants. */
function open(options: Partial<SessionOptions> = {}, answers: FakeServer[] = []): Opened {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 });
  // Before the session opens, which may fail.
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const sent: Request[] = [];
  const session = createSession({
    ...{ contract: contracts.xerial, origin },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push(request.clone());
      return (answers.shift() ?? (() => granting(pair())))(never, request);
    },
    ...options,
  });
  onTestFinished(session.close);
  return { session, sent, events: collectEvents(session) };
}

/** A storage that is not recognized as one of `memoryStorage`. */
const shared = (over: Partial<SessionStorage> = {}): SessionStorage => ({ ...memoryStorage(), ...over });

const moved = async <Value>(coming: Promise<Value>, milliseconds = 1_000): Promise<Value> => {
  coming.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(milliseconds);
  return coming;
};

const never = (): Promise<never> => new Promise(() => undefined);

describe('the stored session', () => {
  test('a stored session continues if a restarted program passes its first tokens again', async () => {
    const [storage, tokens] = [shared(), pair()];
    const first = open({ storage, tokens, name: 'restarted' });
    const next = await moved(first.session.accessTokenAfter(tokens.accessToken));
    first.session.close();
    const second = open({ storage, tokens, name: 'restarted' });
    expect(await moved(second.session.accessToken())).toBe(next);
    await second.session.signIn(tokens);
    expect(await second.session.accessToken()).toBe(next);
    await second.session.signIn(pair());
    expect(await second.session.accessToken(), 'others are a new sign-in').not.toBe(next);
  });

  test('signOut() removes the stored session while a successor is being written', async () => {
    const items = new Map<string, string>();
    const storage: SessionStorage = {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) =>
        new Promise<void>((resolve) => setTimeout(() => resolve(void items.set(key, value)), 100)),
      removeItem: (key) => items.delete(key),
    };
    const tokens = pair();
    const opened = open({ storage, tokens, name: 'slow' });
    await moved(opened.session.accessToken());
    const pending = opened.session.accessTokenAfter(tokens.accessToken);
    pending.catch(() => undefined);
    while (opened.sent.length === 0) await vi.advanceTimersByTimeAsync(1);
    await vi.advanceTimersByTimeAsync(50);
    await moved(opened.session.signOut());
    await expect(pending).rejects.toBeInstanceOf(SignedOut);
    expect([items.has('refract:slow'), await opened.session.isSignedIn()]).toEqual([false, false]);
  });

  test('a new sign-in is stored if the storage returns undefined for a missing key', async () => {
    const items = new Map<string, string>();
    const gates: (() => void)[] = [];
    const storage: SessionStorage = {
      // As a storage without types could return it.
      getItem: async (key) => {
        const found = items.get(key);
        if (gates.length < 1) await new Promise<void>((resolve) => gates.push(resolve));
        return found as string;
      },
      setItem: (key, value) => items.set(key, value),
      removeItem: (key) => items.delete(key),
    };
    const { session, events } = open({ storage });
    const tokens = pair();
    await session.signIn(tokens);
    gates[0]?.();
    await vi.advanceTimersByTimeAsync(1);
    expect([await session.accessToken(), events]).toEqual([tokens.accessToken, []]);
  });

  test.each([NaN, Infinity, -Infinity])(
    'a session with a lifetime of %d seconds does not expire',
    async (expiresIn) => {
      const { session } = open();
      const tokens = pair();
      await session.signIn({ ...tokens, expiresIn });
      await vi.advanceTimersByTimeAsync(3_600_000);
      expect(await session.accessToken()).toBe(tokens.accessToken);
    },
  );

  test('a session accepts a token with an exp later than any date', async () => {
    const tokens = pair();
    const far = pair({ exp: 1e306 });
    const { session, events } = open({ tokens }, [() => granting(far)]);
    expect(await moved(session.accessTokenAfter(tokens.accessToken))).toBe(far.accessToken);
    expect([await session.isSignedIn(), events]).toEqual([true, [['refreshed', { by: 'this' }]]]);
  });
});

describe('a hanging storage', () => {
  const hung = (): SessionStorage => ({ getItem: never, setItem: never, removeItem: never });
  const calls: readonly (readonly [string, (session: Session) => Promise<unknown>])[] = [
    ['accessToken', (session) => session.accessToken()],
    ['accessTokenAfter', (session) => session.accessTokenAfter('x')],
    ['isSignedIn', (session) => session.isSignedIn()],
    ['signIn', (session) => session.signIn(pair())],
    ['signOut', (session) => session.signOut()],
  ];

  test.each(calls)('%s() throws after `patience` if the storage hangs', async (_name, call) => {
    const { session } = open({ storage: hung(), patience: 500 });
    await expect(moved(call(session))).rejects.toBeInstanceOf(SessionUnavailable);
  });

  test.each(calls)('%s() on a hanging storage throws once the session is closed', async (_name, call) => {
    const { session } = open({ storage: hung() });
    const pending = call(session);
    pending.catch(() => undefined);
    session.close();
    await expect(pending).rejects.toBeInstanceOf(SessionUnavailable);
  });

  test('a call on a hanging storage throws once the caller aborts', async () => {
    const { session } = open({ storage: hung() });
    const [giving, reason] = [new AbortController(), new Error('enough')];
    const pending = [session.accessToken(giving.signal), session.accessTokenAfter('x', giving.signal)];
    giving.abort(reason);
    expect(await Promise.allSettled(pending)).toEqual(Array(2).fill({ status: 'rejected', reason }));
  });
});

describe('sessions of one program', () => {
  test('sessions with separate memory storages do not wait for each other', async () => {
    const [one, other] = [pair(), pair()];
    const first = open({ tokens: one, storage: memoryStorage() }, [never]);
    first.session.accessTokenAfter(one.accessToken).catch(() => undefined);
    const second = open({ tokens: other, storage: memoryStorage() });
    // The clock does not advance.
    await second.session.accessTokenAfter(other.accessToken);
    expect(second.sent).toHaveLength(1);
  });

  test('a session works if its broadcast channel throws', async () => {
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        postMessage(): void {
          throw new Error('broken');
        }
        close(): void {}
      },
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    const { session } = open({ storage: shared() });
    const tokens = pair();
    await session.signIn(tokens);
    expect(await session.accessToken()).toBe(tokens.accessToken);
  });
});

describe('an access token', () => {
  test('an expired access token is not returned in place of a refused one', async () => {
    const [before, tokens] = [pair(), pair({ exp: 1_700_000_001 })];
    const { session, sent } = open({ tokens: { ...tokens, expiresIn: 1 }, patience: 1_000_000 }, [busy('60')]);
    await moved(session.accessToken(), 0);
    vi.setSystemTime(Date.now() + 5_000);
    expect(await moved(session.accessTokenAfter(before.accessToken), 100_000)).not.toBe(tokens.accessToken);
    expect(sent).toHaveLength(2);
  });

  test('an access token that is refused after its rotation causes no second refresh', async () => {
    const tokens = pair();
    const { session, sent } = open({ tokens });
    const next = await session.accessTokenAfter(tokens.accessToken);
    expect([await session.accessTokenAfter(tokens.accessToken), sent.length]).toEqual([next, 1]);
  });

  test('an access token that is not a compact JWS makes the response unavailable', async () => {
    const opaque = {
      ...contracts.xerial,
      read: () => ({ kind: 'granted', accessToken: 'opaque', refreshToken: 'x' }) as const,
    };
    const tokens = pair();
    const { session, events } = open({ tokens, contract: opaque, patience: 500 });
    await expect(moved(session.accessTokenAfter(tokens.accessToken))).rejects.toBeInstanceOf(SessionUnavailable);
    expect(events[0]).toEqual(['unavailable', { status: 200, retryIn: expect.any(Number) }]);
  });

  test('an access token is not returned to a caller of the former session', async () => {
    const [storage, tokens] = [shared(), pair()];
    const one = open({ storage, tokens, name: 'both' }, [busy('5')]);
    const other = open({ storage, name: 'both' });
    await moved(one.session.accessToken());
    const pending = one.session.accessTokenAfter(tokens.accessToken);
    pending.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(200);
    await other.session.signIn(pair());
    await expect(moved(pending, 20_000)).rejects.toBeInstanceOf(SignedOut);
    expect(await one.session.accessToken()).toBe(await other.session.accessToken());
  });

  test('an access token is refreshed each time that the former one is refused', async () => {
    const tokens = pair({ number: 'same' });
    // A static refresh within one second returns the same token.
    const { session, sent } = open({ tokens }, [() => granting(tokens), () => granting(tokens)]);
    await session.accessTokenAfter(tokens.accessToken);
    await session.accessTokenAfter(tokens.accessToken);
    expect(sent).toHaveLength(2);
  });
});

describe('the time to refresh', () => {
  test('a refresh is scheduled at least a second after the last one', async () => {
    const tokens = pair();
    const { session, sent } = open({ tokens: { ...tokens, expiresIn: 0 } }, [busy('300')]);
    await session.isSignedIn();
    await vi.advanceTimersByTimeAsync(990);
    expect(sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(20);
    expect(sent).toHaveLength(1);
  });

  test('a refresh can be scheduled later than the longest timer', async () => {
    const memory = memoryStorage();
    const getItem = vi.fn(memory.getItem);
    const { session } = open({ tokens: { ...pair(), expiresIn: 10_000_000 }, storage: { ...memory, getItem } });
    await moved(session.accessToken());
    const looks = getItem.mock.calls.length;
    // Node fires a longer timer at once.
    await vi.advanceTimersByTimeAsync(10_000);
    expect(getItem).toHaveBeenCalledTimes(looks);
  });

  test('the wait that Retry-After requests does not end when the network is back', async () => {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    onTestFinished(() => void vi.unstubAllGlobals());
    const tokens = pair();
    const { session, sent } = open({ tokens }, [busy('20')]);
    session.accessTokenAfter(tokens.accessToken).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    page.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent).toHaveLength(1);
  });

  test('a refresh request is aborted after its timeout', async () => {
    const tokens = pair();
    const { session, sent } = open({ tokens, answerTimeout: 1_000 }, [never, lost]);
    session.accessTokenAfter(tokens.accessToken).catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(sent[0]?.signal.aborted).toBe(true);
  });
});

describe('a request', () => {
  const api = 'https://api.example';
  const ways: readonly (readonly [
    string,
    (session: Session, fetch: typeof globalThis.fetch, signal: AbortSignal) => Promise<unknown>,
  ])[] = [
    ['fetch', (session, _fetch, signal) => session.fetch(`${origin}/things`, { signal })],
    [
      'the middleware',
      (session, fetch, signal) => {
        const { client, refresh } = createXerialClient(origin, { fetch });
        client.use(sessionMiddleware(session));
        return refresh('x', { signal });
      },
    ],
  ];

  test.each(ways)('an aborted request stops waiting for its token: %s', async (_name, send) => {
    const { session } = open({ storage: { ...memoryStorage(), getItem: never } });
    const giving = new AbortController();
    const pending = send(session, never, giving.signal);
    pending.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(10);
    giving.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  test.each(ways)('an aborted request stops waiting for its next token: %s', async (_name, send) => {
    const refusing = async (): Promise<Response> => new Response('', { status: 401 });
    const tokens = pair();
    const { session } = open({ tokens }, _name === 'fetch' ? [refusing, never] : [never]);
    const giving = new AbortController();
    const pending = send(session, refusing, giving.signal);
    pending.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(10);
    giving.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  test('a request to the origin of the server has the token', async () => {
    const tokens = pair();
    const { session, sent } = open({ tokens }, [() => new Response('')]);
    await session.fetch(`${origin}/things`);
    expect(sent[0]?.headers.get('authorization')).toBe(`Bearer ${tokens.accessToken}`);
  });

  test('a request to another origin is unchanged, with options that Request loses', async () => {
    const passed: unknown[] = [];
    const { session } = open({ tokens: pair(), fetch: async (...call) => (passed.push(...call), new Response('')) });
    const init = { headers: { authorization: 'Basic own' }, dispatcher: 'own' };
    await session.fetch(`${api}/things`, init);
    expect(passed).toEqual([`${api}/things`, init]);
  });

  test('a request redirected to another origin is not retried after a 401', async () => {
    const { session, sent } = open({ tokens: pair() });
    const { client, refresh } = createXerialClient(origin, {
      fetch: async () =>
        Object.defineProperties(new Response('', { status: 401 }), {
          redirected: { value: true },
          url: { value: `${api}/x` },
        }),
    });
    client.use(sessionMiddleware(session));
    expect([(await refresh('x')).response.status, sent.length]).toEqual([401, 0]);
  });

  test('createSession() refuses `api.example` in sendTo, which is not an origin', () => {
    expect(() => createSession({ contract: contracts.xerial, origin, sendTo: ['api.example'] })).toThrow(
      /invalid origin api\.example/,
    );
  });
});

test.each([
  ['xerial', 500, { code: 401, message: 'Please Authenticate' }],
  ['kirjaswappi', 500, { error: { code: 'invalidRefreshToken' } }],
  ['kirjaswappi', 503, { error: { code: 'userNotFound' } }],
  ['cloudreve', 500, { code: 40020, msg: '' }],
  ['cloudreve', 503, { code: 40020, msg: '' }],
] as const)('%s: the terminal body with %i is no refusal', (contract, status, body) => {
  expect(contracts[contract].read(status, body)).toEqual({ kind: 'unavailable' });
});

test('a client ignores a negative expiresIn', () => {
  const { accessToken, refreshToken } = pair();
  expect(contracts.fib.read(200, { data: { accessToken, refreshToken, expirationTime: -5 } })).not.toHaveProperty(
    'expiresIn',
  );
});
