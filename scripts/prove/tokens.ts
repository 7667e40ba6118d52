// The table of hostile tokens, presented to a server of every contract.
import { createServer } from 'node:net';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAdminClient } from '../../generated/admin.client.ts';
import { at } from '../../test/shared/at.ts';
import { claimedTokens, forgedTokens, type HostileToken, type Victim } from '../../test/shared/hostile-tokens.ts';
import { createKey } from '../../test/shared/hostile/keys.ts';
import { pick } from '../../test/shared/random.ts';
import { accessTokenIn, callFor, contracts, isGranted, type ContractName } from '../../test/shared/refreshing.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import { call as send, type WireAnswer, type WireCall } from '../../test/shared/wire.ts';
import type { Context, Part } from './part.ts';
import { issue, startProcess, type Admin } from './serving.ts';

export const tokens: Part = {
  promise: 'No forged, altered or misused token is accepted, and without our signature none reaches a session.',
  prove: async (context) => {
    const { isQuick, say, stopAfter } = context;
    const listener = stopAfter(await startListener());
    const server = stopAfter(await startProcess(context));
    const most = isQuick ? 1_000 : 6_000;
    const outside = await attack(context, server, { listener: listener.origin, most, isSigned: true });
    say(`${outside.count} tokens presented to a server of its own`);

    const inside = await startCounted(context);
    const wanted = { listener: listener.origin, most: isQuick ? 400 : 2_000, isSigned: false };
    const unsigned = await attack(context, inside, { ...wanted, onBegin: inside.resetCalls });
    const storeCalls = inside.storeCalls();
    say(`${unsigned.count} tokens without a signature of ours presented, ${storeCalls} calls of the store`);
    return {
      cases: outside.count + unsigned.count,
      faults: 0,
      violations: [
        ...[...outside.violations, ...unsigned.violations],
        ...(storeCalls > 0 ? [`unverified tokens reached the store ${storeCalls} times`] : []),
        ...(listener.calls() > 0 ? [`an address in a token was called ${listener.calls()} times`] : []),
      ],
      figures: { 'ways to be wrong': outside.ways, 'calls of the store': storeCalls },
    };
  },
};

interface Attacked {
  readonly origin: string;
  readonly admin: Admin;
}

interface Wanted {
  readonly listener: string;
  /** Tokens of each contract. */
  readonly most: number;
  /** Whether tokens that our own keys signed are among them. */
  readonly isSigned: boolean;
  readonly onBegin?: () => void;
}

async function attack({ random }: Context, { origin, admin }: Attacked, wanted: Wanted) {
  const { listener, most, isSigned, onBegin } = wanted;
  const all: Victim[] = [];
  for (const contract of contracts) all.push(await victimOf(origin, admin, contract));
  const generations = () => Promise.all(all.map((victim) => generationOf(admin, victim)));
  const before = await generations();
  const violations: string[] = [];
  const ways = new Set<string>();
  let count = 0;
  onBegin?.();
  for (const victim of all) {
    const forged = forgedTokens({ victim, all, listener, random, altered: most });
    // One of each way at least; the rest by chance.
    const byWay = Map.groupBy(forged, ({ what }) => what);
    const chosen = new Set(Array.from(byWay.values(), (some) => pick(some, random)));
    while (chosen.size < Math.min(most, forged.length)) chosen.add(pick(forged, random));
    const hostile = [...(isSigned ? claimedTokens(victim) : []), ...chosen];
    for (const { what } of hostile) ways.add(what);
    const presented = await present(origin, victim.contract, hostile);
    count += presented.count;
    violations.push(...presented.violations);
  }
  if (isSigned) {
    // The attacked sessions are as they were, and continue.
    const after = await generations();
    for (const [index, { contract, refreshToken }] of all.entries()) {
      if (after[index] !== before[index])
        violations.push(`${contract}: ${String(before[index])}, then ${after[index]}`);
      const answer = await send(origin, callFor(contract, refreshToken));
      if (!isGranted(contract, answer)) violations.push(`${contract}: the genuine token is refused afterwards`);
    }
  }
  return { count, ways: ways.size, violations };
}

const algorithms = {
  cloudreve: 'HS256',
  fib: 'EdDSA',
  kirjaswappi: 'HS256',
  orillion: 'EdDSA',
  xerial: 'HS256',
} as const;

/** Gives the server keys that are known here, and issues sessions. */
async function victimOf(origin: string, admin: Admin, contract: ContractName): Promise<Victim> {
  const algorithm = algorithms[contract];
  const keys = { access: createKey(algorithm), refresh: createKey(algorithm), legacy: createKey(algorithm) };
  const params = { path: { contract } };
  const body = { accessKey: keys.access.jwk, refreshKey: keys.refresh.jwk };
  const given = [
    await admin.POST('/keys/{contract}', { params, body }),
    await admin.POST('/keys/{contract}/rotate', { params, body: {} }),
    // Tokens of another server would be accepted, had one been imported.
    await admin.POST('/keys/{contract}', { params, body: { legacyRefreshKey: keys.legacy.jwk } }),
  ];
  for (const { error } of given) {
    if (error !== undefined) throw new Error(`${contract} did not take the keys: ${JSON.stringify(error)}`);
  }
  const subjectId = `victim of ${contract}`;
  const [first, ...siblings] = [
    await issue(admin, contract, subjectId),
    await issue(admin, contract, subjectId),
    await issue(admin, contract, subjectId),
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

async function generationOf(admin: Admin, { refreshToken }: Victim): Promise<string> {
  const sessionId = String(claimsOf(refreshToken)['sid']);
  const { data } = await admin.GET('/sessions/{sessionId}', { params: { path: { sessionId } } });
  const session: unknown = data;
  return `generation ${String(at(session, 'generation'))}, revoked ${String(at(session, 'revokedAt'))}`;
}

const atOnce = 24;

async function present(origin: string, contract: ContractName, hostile: readonly HostileToken[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const violations: string[] = [];
  const left = hostile.values();
  let count = 0;
  const presentNext = async (): Promise<void> => {
    for (const one of left) {
      const call = callWith(contract, one.token);
      if (call === undefined) continue;
      count += 1;
      const wrong = wrongIn(
        contract,
        one,
        call,
        await send(origin, call, { agent, timeoutMs: 30_000 }).catch(() => undefined),
      );
      if (wrong !== undefined) violations.push(`${contract}, ${one.what}: ${wrong}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, presentNext));
  agent.destroy();
  return { count, violations };
}

/** As bytes on the wire; `undefined` for a token with characters that no header can have. */
function callWith(contract: ContractName, token: string): WireCall | undefined {
  const call = callFor(contract, token);
  if (call.body !== undefined) return call;
  const bytes = Buffer.from(token).toString('latin1');
  // Spaces around a token are not part of it: some may follow the scheme (RFC 9110 §11.4), and what ends a header's
  // value is dropped (RFC 9110 §5.5). With them the token would be the genuine one.
  const isSendable = /^(?![\t ])[\t\u0020-\u007e\u0080-\u00ff]*(?<![\t ])$/.test(bytes);
  return isSendable ? { ...call, headers: callFor(contract, bytes).headers ?? {} } : undefined;
}

/** Bytes up to which a request is read: of a body, and of all headers together. */
const readUpTo = 16 * 1024;

function wrongIn(contract: ContractName, { expected }: HostileToken, call: WireCall, answer: WireAnswer | undefined) {
  const isInHeader = call.body === undefined;
  const size = (call.body?.length ?? 0) + String(call.headers?.['authorization'] ?? '').length;
  // What is not read to its end may break the connection before the response arrives.
  if (answer === undefined) return size > 4 * readUpTo ? undefined : 'there was no answer';
  if (size > readUpTo - 200 && answer.status === (isInHeader ? 431 : 413)) return undefined;
  const isEnvelope = contract === 'cloudreve';
  const isFib = contract === 'fib' || contract === 'orillion';
  const status = isEnvelope ? 200 : isFib && expected === 'unprocessable' ? 422 : 401;
  const isRefused = answer.status === status && (!isEnvelope || at(JSON.parse(answer.body), 'code') === 40020);
  return isRefused ? undefined : `answered with ${answer.status} ${answer.body.slice(0, 100)}`;
}

/** The address that hostile tokens name. */
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

/** A server of the tree in this process, whose store is counted. */
async function startCounted({ tree, stopAfter }: Context) {
  const file = pathToFileURL(join(tree, 'test', 'shared', 'server.ts')).href;
  // The same module, of this tree or of a copy.
  const { startServer, adminToken } = (await import(file)) as typeof import('../../test/shared/server.ts');
  let storeCalls = 0;
  const server = stopAfter(
    await startServer({
      wrapStore: (store) => {
        const counted = sessionCalls.map((name) => {
          // Each is called with what it takes.
          const called = store[name] as (...input: unknown[]) => unknown;
          return [name, (...input: unknown[]) => ((storeCalls += 1), called(...input))];
        });
        // The same methods under the same names.
        return { ...store, ...(Object.fromEntries(counted) as Pick<typeof store, (typeof sessionCalls)[number]>) };
      },
    }),
  );
  const headers = { authorization: `Bearer ${adminToken}` };
  return {
    origin: server.origin,
    admin: createAdminClient(await server.adminOrigin(), { headers }).client,
    storeCalls: () => storeCalls,
    resetCalls: () => {
      storeCalls = 0;
    },
  };
}
