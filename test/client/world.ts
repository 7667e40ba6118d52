// A session against a real server, with faults in between and time moved by hand: the clock of client and server is one,
// and it stands still while an answer is on its way.
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

/** What happens to one request: it may be forwarded, answered otherwise, or lost. */
export type Fault = (forward: () => Promise<Response>, request: Request) => Promise<Response>;

/** The way to a server, which has faults one after the other and then none. */
export interface Way {
  readonly fetch: typeof globalThis.fetch;
  readonly faults: Fault[];
  /** What was sent, and when, in milliseconds of the clock. */
  readonly sent: { readonly request: Request; readonly at: number }[];
  readonly isIdle: () => boolean;
}

export function wayTo(): Way {
  let underWay = 0;
  const faults: Fault[] = [];
  const sent: { request: Request; at: number }[] = [];
  return {
    faults,
    sent,
    isIdle: () => underWay === 0,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push({ request: request.clone(), at: Date.now() });
      const forward = async (): Promise<Response> => {
        underWay += 1;
        try {
          const response = await fetch(request);
          const body = await response.arrayBuffer();
          return new Response(body, response);
        } finally {
          underWay -= 1;
        }
      };
      return (faults.shift() ?? forward)(forward, request);
    },
  };
}

/** Everything that a session tells, in order. */
export function heard(session: Session): [string, object][] {
  const events: [string, object][] = [];
  for (const type of ['refreshed', 'signed-out', 'unavailable'] as const) {
    session.on(type, (event) => events.push([type, event]));
  }
  return events;
}

export interface Opened {
  readonly session: Session;
  readonly sessionId: string;
  readonly way: Way;
  readonly events: [string, object][];
  readonly storage: SessionStorage;
  /** Every text that was stored. */
  readonly written: string[];
  /** What is stored now. */
  readonly stored: () => Promise<Tokens | undefined>;
}

let names = 0;

/** A session of a new sign-in; closed with the test. */
export async function open(
  server: TestServer,
  contract: ContractName,
  options: Partial<SessionOptions> = {},
): Promise<Opened> {
  const tokens = await signedIn(server, contract);
  const way = wayTo();
  // A lock that is kept for a moment is kept for good where time has stopped; nobody else is to wait for it.
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
    ...{ contract: contracts[contract], origin: server.origin, tokens, fetch: way.fetch },
    ...options,
    ...{ storage, name },
  });
  onTestFinished(() => session.close());
  const events = heard(session);
  const stored = async (): Promise<Tokens | undefined> => {
    const text = await storage.getItem(`refract:${name}`);
    return text === null ? undefined : (JSON.parse(text) as Tokens);
  };
  const sessionId = String(claimsOf(tokens.refreshToken)['sid']);
  return { session, sessionId, way, events, storage, written, stored };
}

/** The tokens of a new session. */
export async function signedIn(server: TestServer, contract: ContractName): Promise<Tokens> {
  const issued = await server.refract.issueDemo(contract);
  if (issued.kind === 'refused') throw new Error(`no session: ${issued.refusal}`);
  const { access, refresh } = issued.grant;
  return { accessToken: access.token, refreshToken: refresh.token };
}

/** Takes the clock into the hand, for the session as for the server. @param ahead seconds that the client's clock is */
export function handTime(server: TestServer, ahead = 0): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 + ahead * 1_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  Object.defineProperty(server.clock, 'now', { configurable: true, get: () => Math.floor(Date.now() / 1_000) - ahead });
}

/** Lets time pass until the promise is settled; meanwhile nothing else may be waited for that takes real time. */
export async function passing<Value>(promise: Promise<Value>, { isIdle }: Way): Promise<Value> {
  const settled = { is: false };
  const settle = (): void => {
    settled.is = true;
  };
  promise.then(settle, settle);
  for (let steps = 0; steps < 20_000; steps += 1) {
    await quiet(isIdle);
    if (settled.is) return promise;
    await vi.advanceTimersByTimeAsync(100);
  }
  throw new Error('it does not come to an end');
}

/** Lets so many seconds pass. */
export async function pass(seconds: number, { isIdle }: Way): Promise<void> {
  await quiet(isIdle);
  for (let passed = 0; passed < seconds; passed += 0.5) {
    await vi.advanceTimersByTimeAsync(500);
    await quiet(isIdle);
  }
}

async function quiet(isIdle: () => boolean): Promise<void> {
  do {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  } while (!isIdle());
}

/** Another access token, as for an API that has refused the present one. */
export async function refreshed({ session, way }: Opened): Promise<string> {
  // A static renewal within one second is the same token.
  await pass(1, way);
  return passing(session.accessTokenAfter(await passing(session.accessToken(), way)), way);
}

/** Fails unless whatever was stored are tokens of that session, and generations never went back. */
export function expectWhole(written: readonly string[], sessionId: string): void {
  const generations = written.map((text) => {
    const { accessToken, refreshToken } = JSON.parse(text) as Tokens;
    expect(claimsOf(accessToken)).toMatchObject({ sid: sessionId });
    const claims = claimsOf(refreshToken);
    expect(claims).toMatchObject({ sid: sessionId, gen: expect.any(Number) });
    return Number(claims['gen']);
  });
  expect(generations).toEqual(generations.toSorted((a, b) => a - b));
}
