// Generated requests, valid and invalid, for every document, to the real server and the mock. Only `yaml` and `ajv` read
// the documents here, not the product's own loader and validator.
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startServerProcess } from '../../test/shared/server-process.ts';
import { call } from '../../test/shared/wire.ts';
import { readDocumented, type Documented, type Operation } from './fuzz/documents.ts';
import { judge, type Target } from './fuzz/verdict.ts';
import { requestsAt, type Trial } from './fuzz/requests.ts';
import { createWorld, known, type World } from './fuzz/world.ts';
import type { Context, Part } from './part.ts';
import { startScript } from '../../test/shared/programs.ts';

export const fuzz: Part = {
  promise: 'Server and mock respond to every request with what its document describes and nothing else.',
  prove: async (context) => {
    const { tree, isQuick, print } = context;
    const documents = readdirSync(join(tree, 'openapi'))
      .filter((file) => file.endsWith('.yaml') && file !== 'redocly.yaml')
      .map((file) => readDocumented(tree, file.replace('.yaml', '')));
    const findings: Findings = { cases: 0, faults: 0, seen: new Map(), ids: new Set() };
    await fuzzServer(context, documents, findings);
    print(`${findings.cases} requests to the server`);
    for (const { name } of documents) print(`${name}: ${[...(findings.seen.get(name) ?? [])].sort().join(' ')}`);
    const toServer = findings.cases;
    for (const args of isQuick ? [[]] : [[], ['--dynamic']]) await fuzzMock(context, documents, args, findings);
    print(`${findings.cases - toServer} requests to the mock`);
    const { cases, faults } = findings;
    return { cases, faults };
  },
};

interface Findings {
  cases: number;
  faults: number;
  /** Statuses of the responses, by document. */
  readonly seen: Map<string, Set<number>>;
  /** The X-Request-Id of every response so far. */
  readonly ids: Set<string>;
}

/** Requests for an operation, and seconds for all operations of a document. */
type Amount = readonly [runs: number, seconds: number];

async function fuzzServer(context: Context, documents: readonly Documented[], findings: Findings): Promise<void> {
  const { tree, folder, isQuick, expect, violate, stopAtEnd } = context;
  const environment = {
    // Its pages are HTML.
    REFRACT_CONSOLE: 'off',
    REFRACT_SESSION_LIMIT: '0',
    REFRACT_FAILURE_LIMIT: '0',
    REFRACT_ADMIN_FAILURE_LIMIT: '0',
    // Milliseconds to wait while another process holds the database.
    REFRACT_BUSY_TIMEOUT: '10',
  };
  const server = stopAtEnd(await startServerProcess({ tree, folder, environment }));
  const world = await createWorld(server);
  const round = async (isAdmin: boolean, isHeld: boolean, amount: Amount): Promise<void> => {
    const target: Target = {
      origin: isAdmin ? server.adminOrigin : server.origin,
      documents: documents.filter(({ name }) => (name === 'admin') === isAdmin),
      ...{ isMock: false, isDynamic: false, isHeld, isActive: world.isActive },
      isAdminToken: (token) => token === server.adminToken,
    };
    await tryAll(context, target, world, target.documents, amount, findings);
  };
  const holdDatabase = async (isAdmin: boolean): Promise<void> => {
    const database = new Database(join(folder, 'refract.db'), { timeout: 5_000 });
    database.exec('BEGIN IMMEDIATE');
    findings.faults += 1;
    await round(isAdmin, true, isQuick ? [10, 4] : [40, 8]).finally(() => database.close());
  };
  await round(false, false, isQuick ? [220, 12] : [2_000, 25]);
  await holdDatabase(false);
  // Without a granted request the proof shows nothing.
  for (const { name } of documents) {
    expect(name === 'admin' || findings.seen.get(name)?.has(200) === true, `${name}: no request was granted`);
  }
  // Last, because operators revoke sessions and replace keys.
  await round(true, false, isQuick ? [35, 12] : [250, 25]);
  await holdDatabase(true);
  const faults = server.errors().match(/^.*"type":"fault".*$/gm) ?? [];
  for (const line of faults.slice(0, 3)) violate(`the server logged ${line.slice(0, 300)}`);
}

async function fuzzMock(
  context: Context,
  documents: readonly Documented[],
  args: readonly string[],
  findings: Findings,
): Promise<void> {
  const mock = context.stopAtEnd(
    startScript({ tree: context.tree, script: 'scripts/mock.ts', args: ['--port', '0', ...args] }),
  );
  const target: Target = {
    origin: await mock.prints(/on (http:\/\/\S+)/),
    documents,
    ...{ isMock: true, isDynamic: args.includes('--dynamic'), isHeld: false },
    ...{ isActive: () => true, isAdminToken: () => true },
  };
  const amounts: readonly Amount[] = context.isQuick
    ? [
        [60, 6],
        [12, 8],
      ]
    : [
        [400, 8],
        [60, 12],
      ];
  for (const [index, amount] of amounts.entries()) {
    const some = documents.filter(({ name }) => (name === 'admin') === (index === 1));
    await tryAll(context, target, undefined, some, amount, findings);
  }
  await mock.stop();
}

/** Tries the operations of each document, and different documents at once. */
async function tryAll(
  { random, violate, violations }: Context,
  target: Target,
  world: World | undefined,
  documents: readonly Documented[],
  [numRuns, seconds]: Amount,
  findings: Findings,
): Promise<void> {
  const since = performance.now();
  const tryDocument = async ({ operations }: Documented): Promise<void> => {
    // Operations that remove something come last.
    const removes = ({ method }: Operation): number => Number(method === 'DELETE');
    const ordered = operations.toSorted((one, other) => removes(one) - removes(other));
    for (const [index, operation] of ordered.entries()) {
      // Six are enough.
      if (violations.length >= 6) return;
      const until = since + (seconds * 1000 * (index + 1)) / operations.length;
      const seed = Math.floor(random() * 2 ** 31);
      // After that time requests are neither generated nor shrunk.
      const property = fc.asyncProperty(requestsAt(operation, known, target.isMock), async (trial) => {
        if (performance.now() < until) await tryOnce(target, world, operation, trial, findings);
      });
      const { counterexample, errorInstance } = await fc.check(property, { seed, numRuns });
      if (counterexample === null) continue;
      const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
      const place = `${target.isMock ? 'mock, ' : ''}${operation.contract} ${operation.id}`;
      violate(`${place}: ${reason}; request ${describe(counterexample[0])} (fast-check seed ${seed})`);
    }
  };
  await Promise.all(documents.map(tryDocument));
}

/** @throws what is wrong with the response */
async function tryOnce(
  target: Target,
  world: World | undefined,
  { contract }: Operation,
  trial: Trial,
  findings: Findings,
): Promise<void> {
  const { seen, ids } = findings;
  const filled = world?.filled(contract, trial) ?? trial;
  // Node leaves the length out where a method usually has no body.
  const length = filled.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(filled.body)) };
  const headers = { ...filled.headers, ...length };
  const received = await call(target.origin, { ...filled, headers }, { timeoutMs: 15_000 });
  findings.cases += 1;
  const verdict = judge(target, filled, received);
  const wrong = [...verdict.wrong];
  if (verdict.operation !== undefined) {
    seen.set(contract, (seen.get(contract) ?? new Set()).add(received.status));
    const id = received.headers['x-request-id'] ?? '';
    if (ids.has(id)) wrong.push('another response had the same X-Request-Id');
    ids.add(id);
  }
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  world?.follow(verdict, received);
}

/** Describes a request for a report, without the tokens that replaced placeholders. */
function describe({ method, path, headers, body = '' }: Trial): string {
  const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}… (${text.length})` : text);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${shorten(value)}`);
  return JSON.stringify([`${method} ${path}`, ...lines, shorten(body)]);
}
