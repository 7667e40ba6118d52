// A session with a real server, faults in between and a fake clock, which both share and which stops during a request.
import { expect, onTestFinished, vi } from 'vitest';
import { cloudreve } from '../../src/client/cloudreve.ts';
import { fib } from '../../src/client/fib.ts';
import { kirjaswappi } from '../../src/client/kirjaswappi.ts';
import { orillion } from '../../src/client/orillion.ts';
import {
  createSession,
  memoryStorage,
  type Session,
  type SessionOptions,
  type SessionStorage,
  type Tokens,
} from '../../src/client/session.ts';
import { xerial } from '../../src/client/xerial.ts';
import type { TestServer } from '../shared/server.ts';
import { claimsOf } from '../shared/tokens.ts';

export const contracts = { cloudreve, fib, kirjaswappi, orillion, xerial };
export type ContractName = keyof typeof contracts;
export const contractNames = ['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial'] as const;

/** Handles one request: it is forwarded, gets another response, or is lost. */
export type Fault = (forward: () => Promise<Response>, request: Request) => Promise<Response>;

/** A connection to a server, which has the listed faults in turn and then none. */
export interface Connection {
  readonly fetch: typeof globalThis.fetch;
  readonly faults: Fault[];
  /** The requests, with their times in milliseconds. */
  readonly sent: { readonly request: Request; readonly at: number }[];
  readonly isIdle: () => boolean;
}

export function createConnection(): Connection {
  let inFlight = 0;
  const faults: Fault[] = [];
  const sent: { request: Request; at: number }[] = [];
  return {
    faults,
    sent,
    isIdle: () => inFlight === 0,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push({ request: request.clone(), at: Date.now() });
      const forward = async (): Promise<Response> => {
        inFlight += 1;
        try {
          const response = await fetch(request);
          const body = await response.arrayBuffer();
          return new Response(body, response);
        } finally {
          inFlight -= 1;
        }
      };
      return (faults.shift() ?? forward)(forward, request);
    },
  };
}

/** Collects the events of a session, in order. */
export function collectEvents(session: Session): [string, object][] {
  const events: [string, object][] = [];
  for (const type of ['refreshed', 'signed-out', 'unavailable'] as const) {
    session.on(type, (event) => events.push([type, event]));
  }
  return events;
}

export interface Opened {
  readonly session: Session;
  readonly sessionId: string;
  readonly connection: Connection;
  readonly events: [string, object][];
  readonly storage: SessionStorage;
  /** Every stored text. */
  readonly written: string[];
  /** The tokens that are stored now. */
  readonly stored: () => Promise<Tokens | undefined>;
}

let names = 0;

/** Opens a session of a new sign-in, which closes with the test. */
export async function open(
  server: TestServer,
  contract: ContractName,
  options: Partial<SessionOptions> = {},
): Promise<Opened> {
  const tokens = await signIn(server, contract);
  const connection = createConnection();
  // Unique: with a stopped clock a lock that is held for a moment is held forever.
  const name = options.name ?? `${contract}-${(names += 1)}`;
  const written: string[] = [];
  const inner = options.storage ?? memoryStorage();
  const storage: SessionStorage = {
    ...inner,
    setItem: (key, value) => {
      if (!key.endsWith(':lease')) written.push(value);
      return inner.setItem(key, value);
    },
  };
  const session = createSession({
    ...{ contract: contracts[contract], origin: server.origin, tokens, fetch: connection.fetch },
    ...options,
    ...{ storage, name },
  });
  onTestFinished(() => session.close());
  const events = collectEvents(session);
  const stored = async (): Promise<Tokens | undefined> => {
    const text = await storage.getItem(`refract:${name}`);
    return text === null ? undefined : (JSON.parse(text) as Tokens);
  };
  const sessionId = String(claimsOf(tokens.refreshToken)['sid']);
  return { session, sessionId, connection, events, storage, written, stored };
}

/** Issues a session. @returns its tokens */
export async function signIn(server: TestServer, contract: ContractName): Promise<Tokens> {
  const issued = await server.refract.issueDemo(contract);
  if (issued.kind === 'refused') throw new Error(`no session: ${issued.refusal}`);
  const { access, refresh } = issued.grant;
  return { accessToken: access.token, refreshToken: refresh.token };
}

/** Fakes the clock of session and server. @param ahead seconds that the client's clock is ahead */
export function fakeClock(server: TestServer, ahead = 0): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 + ahead * 1_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  Object.defineProperty(server.clock, 'now', { configurable: true, get: () => Math.floor(Date.now() / 1_000) - ahead });
}

/** Advances the clock until the promise settles; nothing else may need real time meanwhile. */
export async function advanceUntil<Value>(promise: Promise<Value>, { isIdle }: Connection): Promise<Value> {
  const settled = { is: false };
  const settle = (): void => {
    settled.is = true;
  };
  promise.then(settle, settle);
  for (let steps = 0; steps < 20_000; steps += 1) {
    await settleRequests(isIdle);
    if (settled.is) return promise;
    await vi.advanceTimersByTimeAsync(100);
  }
  throw new Error('the promise does not settle');
}

/** Advances the clock by seconds. */
export async function advance(seconds: number, { isIdle }: Connection): Promise<void> {
  await settleRequests(isIdle);
  for (let passed = 0; passed < seconds; passed += 0.5) {
    await vi.advanceTimersByTimeAsync(500);
    await settleRequests(isIdle);
  }
}

async function settleRequests(isIdle: () => boolean): Promise<void> {
  do {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  } while (!isIdle());
}

/** Refreshes, as after an API has refused the present access token. */
export async function refreshSession({ session, connection }: Opened): Promise<string> {
  // A static refresh within one second returns the same token.
  await advance(1, connection);
  return advanceUntil(session.accessTokenAfter(await advanceUntil(session.accessToken(), connection)), connection);
}

/** Expects that all stored tokens belong to the session, in the order of their generations. */
export function expectOneSession(written: readonly string[], sessionId: string): void {
  const generations = written.map((text) => {
    const { accessToken, refreshToken } = JSON.parse(text) as Tokens;
    expect(claimsOf(accessToken)).toMatchObject({ sid: sessionId });
    const claims = claimsOf(refreshToken);
    expect(claims).toMatchObject({ sid: sessionId, gen: expect.any(Number) });
    return Number(claims['gen']);
  });
  expect(generations).toEqual(generations.toSorted((a, b) => a - b));
}
