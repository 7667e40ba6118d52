// The table of hostile tokens, presented to a server of every contract.
import { createServer } from 'node:net';
import { Agent } from 'node:http';
import { at } from '../../test/shared/at.ts';
import { claimedTokens, forgedTokens, type HostileToken, type Victim } from '../../test/shared/hostile-tokens.ts';
import { createKey } from '../../test/shared/hostile/keys.ts';
import { pick } from '../../test/shared/random.ts';
import { accessTokenIn, callFor, contracts, isGranted, type ContractName } from '../../test/shared/refreshing.ts';
import { issueSession, startServerProcess, type AdminClient } from '../../test/shared/server-process.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import { call as send, type WireAnswer, type WireCall } from '../../test/shared/wire.ts';
import type { Context, Part } from './part.ts';
import { startTreeServer } from './tree-server.ts';

export const tokens: Part = {
  promise: 'No forged, altered or misused token is accepted, and no token without our signature reaches a session.',
  prove: async (context) => {
    const { isQuick, print, expect, stopAtEnd } = context;
    const listener = stopAtEnd(await startListener());
    const server = stopAtEnd(await startServerProcess(context));
    const most = isQuick ? 1_000 : 6_000;
    const outside = await attack(context, server, { listener: listener.origin, most, isSigned: true });
    print(`${outside.count} tokens presented to a server process`);

    const inside = await startCounted(context);
    const options = { listener: listener.origin, most: isQuick ? 400 : 2_000, isSigned: false };
    const unsigned = await attack(context, inside, { ...options, onBegin: inside.resetCalls });
    const storeCalls = inside.storeCalls();
    print(`${unsigned.count} tokens without our signature presented, ${storeCalls} calls of the store`);
    expect(storeCalls === 0, `unverified tokens reached the store ${storeCalls} times`);
    expect(listener.calls() === 0, `an address in a token was called ${listener.calls()} times`);
    return {
      cases: outside.count + unsigned.count,
      faults: 0,
      figures: { 'kinds of hostile tokens': outside.kinds, 'calls of the store': storeCalls },
    };
  },
};

interface Target {
  readonly origin: string;
  readonly admin: AdminClient;
}

interface Options {
  readonly listener: string;
  /** Number of tokens for each contract. */
  readonly most: number;
  /** Whether tokens signed by our own keys are included. */
  readonly isSigned: boolean;
  readonly onBegin?: () => void;
}

async function attack({ random, violate, expect }: Context, { origin, admin }: Target, options: Options) {
  const { listener, most, isSigned, onBegin } = options;
  const all: Victim[] = [];
  for (const contract of contracts) all.push(await victimOf(origin, admin, contract));
  const generations = () => Promise.all(all.map((victim) => generationOf(admin, victim)));
  const before = await generations();
  const kinds = new Set<string>();
  let count = 0;
  onBegin?.();
  for (const victim of all) {
    const forged = forgedTokens({ victim, all, listener, random, altered: most });
    // At least one of each kind; the others at random.
    const byKind = Map.groupBy(forged, ({ what }) => what);
    const chosen = new Set(Array.from(byKind.values(), (some) => pick(some, random)));
    while (chosen.size < Math.min(most, forged.length)) chosen.add(pick(forged, random));
    const hostile = [...(isSigned ? claimedTokens(victim) : []), ...chosen];
    for (const { what } of hostile) kinds.add(what);
    count += await present(origin, victim.contract, hostile, violate);
  }
  if (isSigned) {
    // The attacked sessions are unchanged and continue.
    const after = await generations();
    for (const [index, { contract, refreshToken }] of all.entries()) {
      expect(after[index] === before[index], `${contract}: ${String(before[index])}, then ${after[index]}`);
      const response = await send(origin, callFor(contract, refreshToken));
      expect(isGranted(contract, response), `${contract}: the genuine token is refused afterwards`);
    }
  }
  return { count, kinds: kinds.size };
}

const algorithms = {
  cloudreve: 'HS256',
  fib: 'EdDSA',
  kirjaswappi: 'HS256',
  orillion: 'EdDSA',
  xerial: 'HS256',
} as const;

/** Imports keys that the proof knows, and issues sessions. */
async function victimOf(origin: string, admin: AdminClient, contract: ContractName): Promise<Victim> {
  const algorithm = algorithms[contract];
  const keys = { access: createKey(algorithm), refresh: createKey(algorithm), legacy: createKey(algorithm) };
  const params = { path: { contract } };
  const body = { accessKey: keys.access.jwk, refreshKey: keys.refresh.jwk };
  const responses = [
    await admin.POST('/keys/{contract}', { params, body }),
    await admin.POST('/keys/{contract}/rotate', { params, body: {} }),
    // With this key imported tokens of another server are accepted; none is imported.
    await admin.POST('/keys/{contract}', { params, body: { legacyRefreshKey: keys.legacy.jwk } }),
  ];
  for (const { error } of responses) {
    if (error !== undefined) throw new Error(`${contract} refused the keys: ${JSON.stringify(error)}`);
  }
  const subjectId = `victim of ${contract}`;
  const [first, ...siblings] = [
    await issueSession(admin, contract, subjectId),
    await issueSession(admin, contract, subjectId),
    await issueSession(admin, contract, subjectId),
  ];
  return {
    contract,
    refreshToken: first.token,
    siblings: siblings.map(({ token }) => token),
    accessToken: accessTokenIn(contract, first.tokens),
    keys,
    jwks: await (await fetch(`${origin}/jwks/${contract}.json`)).text(),
  };
}

async function generationOf(admin: AdminClient, { refreshToken }: Victim): Promise<string> {
  const sessionId = String(claimsOf(refreshToken)['sid']);
  const { data } = await admin.GET('/sessions/{sessionId}', { params: { path: { sessionId } } });
  const session: unknown = data;
  return `generation ${String(at(session, 'generation'))}, revoked ${String(at(session, 'revokedAt'))}`;
}

const connections = 24;

/** @returns how many tokens were presented */
async function present(
  origin: string,
  contract: ContractName,
  hostile: readonly HostileToken[],
  violate: (sentence: string) => void,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const left = hostile.values();
  let count = 0;
  const presentNext = async (): Promise<void> => {
    for (const one of left) {
      const call = callWith(contract, one.token);
      if (call === undefined) continue;
      count += 1;
      const response = await send(origin, call, { agent, timeoutMs: 30_000 }).catch(() => undefined);
      const wrong = wrongIn(contract, one, call, response);
      if (wrong !== undefined) violate(`${contract}, ${one.what}: ${wrong}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, presentNext));
  agent.destroy();
  return count;
}

/** Returns the call as bytes on the wire; `undefined` for a token with characters that no header may have. */
function callWith(contract: ContractName, token: string): WireCall | undefined {
  const call = callFor(contract, token);
  if (call.body !== undefined) return call;
  const bytes = Buffer.from(token).toString('latin1');
  // With spaces around it (RFC 9110 §5.5, §11.4), or behind `Bearer`, which fib and orillion accept, the token would be the
  // genuine one.
  const isSendable = /^(?![\t ]|bearer )[\t\u0020-\u007e\u0080-\u00ff]*(?<![\t ])$/i.test(bytes);
  return isSendable ? { ...call, headers: callFor(contract, bytes).headers ?? {} } : undefined;
}

/** The limit of a body, and of all headers together. */
const limitBytes = 16 * 1024;

function wrongIn(contract: ContractName, { expected }: HostileToken, call: WireCall, response: WireAnswer | undefined) {
  const isInHeader = call.body === undefined;
  const size = (call.body?.length ?? 0) + String(call.headers?.['authorization'] ?? '').length;
  // A request that is not read completely may break the connection before the response arrives.
  if (response === undefined) return size > 4 * limitBytes ? undefined : 'there was no response';
  if (size > limitBytes - 200 && response.status === (isInHeader ? 431 : 413)) return undefined;
  const isEnvelope = contract === 'cloudreve';
  const isFib = contract === 'fib' || contract === 'orillion';
  const status = isEnvelope ? 200 : isFib && expected === 'unprocessable' ? 422 : 401;
  const isRefused = response.status === status && (!isEnvelope || at(JSON.parse(response.body), 'code') === 40020);
  return isRefused ? undefined : `got the response ${response.status} ${response.body.slice(0, 100)}`;
}

/** The listener at the address in hostile tokens. */
async function startListener() {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address: unknown = server.address();
  return {
    origin: `http://127.0.0.1:${String(at(address, 'port'))}`,
    calls: () => calls,
    stop: () => void server.close(),
  };
}

const sessionCalls = ['read', 'rotate', 'revoke', 'readImported', 'issue'] as const;

/** Starts a server of the tree in this process and counts calls of its store. */
async function startCounted({ tree, stopAtEnd }: Context) {
  let storeCalls = 0;
  const { server, admin } = await startTreeServer(tree, {
    wrapStore: (store) => {
      const counted = sessionCalls.map((name) => {
        // Called with the arguments of the same method.
        const called = store[name] as (...input: unknown[]) => unknown;
        return [name, (...input: unknown[]) => ((storeCalls += 1), called(...input))];
      });
      // The same methods under the same names.
      return { ...store, ...(Object.fromEntries(counted) as Pick<typeof store, (typeof sessionCalls)[number]>) };
    },
  });
  stopAtEnd(server);
  return {
    ...{ origin: server.origin, admin },
    storeCalls: () => storeCalls,
    resetCalls: () => {
      storeCalls = 0;
    },
  };
}
