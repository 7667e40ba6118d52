// Requests made up from every document, fitting and unfitting, against the real server and the mock. `yaml` and `ajv`
// alone read the documents here, not what the product validates with.
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { call } from '../../test/shared/wire.ts';
import { readDocumented, type Documented, type Operation } from './fuzz/documented.ts';
import { judged, type Target } from './fuzz/judged.ts';
import { requestsAt, type Trial } from './fuzz/requests.ts';
import { createWorld, known, type World } from './fuzz/world.ts';
import type { Context, Part } from './part.ts';
import { run } from '../../test/shared/programs.ts';
import { startProcess } from './serving.ts';

export const fuzz: Part = {
  promise: 'Whatever is asked of a contract, server and mock answer what its document has and nothing else.',
  prove: async (context) => {
    const { tree, isQuick, say } = context;
    const documents = readdirSync(join(tree, 'openapi'))
      .filter((file) => file.endsWith('.yaml') && file !== 'redocly.yaml')
      .map((file) => readDocumented(tree, file.replace('.yaml', '')));
    const findings: Findings = { cases: 0, faults: 0, violations: [], seen: new Map(), ids: new Set() };
    await fuzzServer(context, documents, findings);
    say(`${findings.cases} requests to the server`);
    for (const { name } of documents) say(`${name}: ${[...(findings.seen.get(name) ?? [])].sort().join(' ')}`);
    const toServer = findings.cases;
    for (const args of isQuick ? [[]] : [[], ['--dynamic']]) await fuzzMock(context, documents, args, findings);
    say(`${findings.cases - toServer} requests to the mock`);
    const { cases, faults, violations } = findings;
    return { cases, faults, violations };
  },
};

interface Findings {
  cases: number;
  faults: number;
  readonly violations: string[];
  /** Statuses of the responses, by document. */
  readonly seen: Map<string, Set<number>>;
  /** The X-Request-Id of every response so far. */
  readonly ids: Set<string>;
}

/** Requests for an operation, and seconds for all operations of a document. */
type Amount = readonly [runs: number, seconds: number];

async function fuzzServer(context: Context, documents: readonly Documented[], findings: Findings): Promise<void> {
  const { tree, folder, isQuick, stopAfter } = context;
  const environment = {
    // Its pages have their own HTML.
    REFRACT_CONSOLE: 'off',
    REFRACT_SESSION_LIMIT: '0',
    REFRACT_FAILURE_LIMIT: '0',
    REFRACT_ADMIN_FAILURE_LIMIT: '0',
    // Milliseconds to wait while another process holds the database.
    REFRACT_BUSY_TIMEOUT: '10',
  };
  const server = stopAfter(await startProcess({ tree, folder, environment }));
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
  const held = async (isAdmin: boolean): Promise<void> => {
    const database = new Database(join(folder, 'refract.db'), { timeout: 5_000 });
    database.exec('BEGIN IMMEDIATE');
    findings.faults += 1;
    await round(isAdmin, true, isQuick ? [10, 4] : [40, 8]).finally(() => database.close());
  };
  await round(false, false, isQuick ? [220, 12] : [2_000, 25]);
  await held(false);
  // Without a granted request the proof would say nothing.
  for (const { name } of documents) {
    if (name !== 'admin' && findings.seen.get(name)?.has(200) !== true)
      findings.violations.push(`${name}: no request was granted`);
  }
  // Operators end sessions and replace keys, so they come last.
  await round(true, false, isQuick ? [35, 12] : [250, 25]);
  await held(true);
  const faults = server.complaints().match(/^.*"type":"fault".*$/gm) ?? [];
  findings.violations.push(...faults.slice(0, 3).map((line) => `the server wrote: ${line.slice(0, 300)}`));
}

async function fuzzMock(
  context: Context,
  documents: readonly Documented[],
  args: readonly string[],
  findings: Findings,
): Promise<void> {
  const mock = context.stopAfter(
    run({ tree: context.tree, script: 'scripts/mock.ts', args: ['--port', '0', ...args] }),
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

/** Tries the operations of each document, those of different documents at once. */
async function tryAll(
  { random }: Context,
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
      // They are enough to look into.
      if (findings.violations.length >= 6) return;
      const until = since + (seconds * 1000 * (index + 1)) / operations.length;
      const seed = Math.floor(random() * 2 ** 31);
      // When time is over, no request is made up and no counterexample made smaller.
      const property = fc.asyncProperty(requestsAt(operation, known, target.isMock), async (trial) => {
        if (performance.now() < until) await tryOnce(target, world, operation, trial, findings);
      });
      const { counterexample, errorInstance } = await fc.check(property, { seed, numRuns });
      if (counterexample === null) continue;
      const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
      const place = `${target.isMock ? 'mock, ' : ''}${operation.contract} ${operation.id}`;
      findings.violations.push(`${place}: ${reason}; asked ${described(counterexample[0])} (fast-check seed ${seed})`);
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
  const verdict = judged(target, filled, received);
  const wrong = [...verdict.wrong];
  if (verdict.operation !== undefined) {
    seen.set(contract, (seen.get(contract) ?? new Set()).add(received.status));
    const id = received.headers['x-request-id'] ?? '';
    if (ids.has(id)) wrong.push('another answer had the same X-Request-Id');
    ids.add(id);
  }
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  world?.follow(verdict, received);
}

/** For a report, without the tokens that are filled in. */
function described({ method, path, headers, body = '' }: Trial): string {
  const shown = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}… (${text.length})` : text);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${shown(value)}`);
  return JSON.stringify([`${method} ${path}`, ...lines, shown(body)]);
}
