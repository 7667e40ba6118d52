// Several threads that listen on one port answer as one of them does: what one of them knows, all of them know.
import Database from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compose, withSettings } from '../../src/compose.ts';
import { createHttpThreads, type HttpThreadParts } from '../../src/compose/http-threads.ts';
import { at } from '../shared/at.ts';
import { readMetrics } from '../shared/exposition.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { callFor, contracts as names, isGranted, send } from '../shared/refreshing.ts';
import { call, json } from '../shared/wire.ts';
import { root } from '../structure/tree.ts';
import { configFor, contracts, expectRefreshing, opened } from './opened.ts';

const two = { REFRACT_WORKERS: '2' };
const three = { REFRACT_WORKERS: '3' };
/** Each on a connection of its own, so many that every thread has some of them. */
const many = Array.from({ length: 60 }, (_, index) => index);

test('every contract is refreshed, repeated and goes on, whichever thread a connection comes to', async () => {
  const { origin, issue } = await opened(three);
  expect(listenersOn(origin)).toBe(3);
  for (const contract of names) {
    let { token } = await issue(contract);
    for (let times = 0; times < 5; times += 1) token = await expectRefreshing(origin, contract, token);
  }
});

test('of a hundred identical refreshes at once each gets the one successor, and each is told of', async () => {
  const { origin, issue, events, refract } = await opened(two);
  const { token } = await issue('xerial');
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(origin, 'xerial', token)));
  expect(new Set(answers.map(({ status, body }) => `${String(status)} ${body}`)).size).toBe(1);
  await refract.close();
  const ways = events.flatMap((event) => (event.type === 'refreshed' ? [event.by] : []));
  expect(ways.filter((way) => way === 'rotation')).toHaveLength(1);
  expect(ways).toHaveLength(100);
});

test('a refusal is written down with who was refused', async () => {
  const { origin, issue, refract, database } = await opened(two);
  const { token, sessionId } = await issue('fib');
  await refract.store.revoke(sessionId, 'requested');
  const { headers = {}, ...rest } = callFor('fib', token);
  const answers = await Promise.all(
    many.map((index) => call(origin, { ...rest, headers: { ...headers, 'user-agent': `client ${String(index)}` } })),
  );
  expect(answers.map(({ status }) => status)).toEqual(many.map(() => 401));
  await refract.close();
  const written = new Database(database, { readonly: true });
  onTestFinished(() => {
    written.close();
  });
  const rows = written.prepare("SELECT request_id, address, user_agent FROM audit_event WHERE type = 'refused'").all();
  expect(new Set(rows.map((row) => at(row, 'user_agent')))).toEqual(
    new Set(many.map((each) => `client ${String(each)}`)),
  );
  expect(new Set(rows.map((row) => at(row, 'address')))).toEqual(new Set(['127.0.0.1']));
  expect(new Set(rows.map((row) => at(row, 'request_id')))).toEqual(
    new Set(answers.map(({ headers: answered }) => answered['x-request-id'])),
  );
});

test('failures of an address count wherever they come to', async () => {
  const { origin } = await opened({ ...three, REFRACT_FAILURE_LIMIT: '20' });
  const statuses: number[] = [];
  for (const _ of many) statuses.push((await send(origin, 'xerial', 'no token')).status);
  const counted = statuses.filter((status) => status !== 429).length;
  // Each of three by itself would let through twenty; one that was on its way may be.
  expect(counted).toBeGreaterThanOrEqual(20);
  expect(counted).toBeLessThan(25);
});

test('once a key was rotated, every thread publishes the new one', async () => {
  const { origin, admin } = await opened(three);
  const before = await publishedAt(origin);
  expect(before.size).toBe(1);
  await admin.POST('/keys/{contract}/rotate', { params: { path: { contract: 'fib' } }, body: { atOnce: true } });
  const after = await publishedAt(origin);
  expect(after.size).toBe(1);
  expect(after).not.toEqual(before);
});

test('a key of one contract that cannot be opened keeps no other from being published', async () => {
  const { origin, admin, database } = await opened(three);
  await admin.POST('/keys/{contract}', { params: { path: { contract: 'orillion' } }, body: {} });
  const edited = new Database(database);
  // Under another id, since what is open stays open.
  const broken = "UPDATE key_set SET id = 'another', sealed = 'broken' WHERE contract = 'orillion' AND state = 'next'";
  expect(edited.prepare(broken).run().changes).toBe(1);
  edited.close();
  const before = await publishedAt(origin);
  await admin.POST('/keys/{contract}/compromise', { params: { path: { contract: 'fib' } } });
  const after = await publishedAt(origin);
  expect(after.size).toBe(1);
  expect(after).not.toEqual(before);
});

test('a demo session is had of every thread', async () => {
  const { origin } = await opened(two);
  const path = '/console/demo/xerial.json';
  const demos = await Promise.all(
    many.map(() => call(origin, { method: 'GET', path, headers: { 'sec-fetch-site': 'same-origin' } })),
  );
  const tokens = demos.map((answer) => String(at(json(answer), 'token')));
  expect(new Set(tokens).size).toBe(many.length);
  expect(isGranted('xerial', await send(origin, 'xerial', tokens[0] ?? ''))).toBe(true);
});

test('refreshes are counted and timed once each', async () => {
  const { origin, issue, adminOrigin } = await opened(two);
  let { token } = await issue('xerial');
  for (let times = 0; times < 4; times += 1) token = await expectRefreshing(origin, 'xerial', token);
  let metrics = await readMetrics(adminOrigin);
  const granted = (reason: string) =>
    metrics.valueOf('refract_refreshes_total', { contract: 'xerial', outcome: 'granted', reason }) ?? 0;
  const timed = () => metrics.valueOf('refract_refresh_duration_seconds_count', { contract: 'xerial' }) ?? 0;
  // An answer arrives before the main thread is told of it, and that may be while the metrics are written.
  while (granted('rotation') + granted('repeat') < 12 || timed() < 12) metrics = await readMetrics(adminOrigin);
  expect([granted('rotation'), granted('repeat'), timed()]).toEqual([8, 4, 12]);
  expect(metrics.valueOf('refract_signer_duration_seconds_count', { operation: 'verify' })).toBe(12);
});

test('closing answers what is under way in every thread', async () => {
  const { origin, issue, refract } = await opened(two);
  const { token } = await issue('xerial');
  const answers = Promise.all(many.map(() => send(origin, 'xerial', token)));
  // Begun once the first is on its way.
  await send(origin, 'xerial', token);
  await Promise.all([answers, refract.close()]);
  for (const answer of await answers) expect(isGranted('xerial', answer)).toBe(true);
  expect(listenersOn(origin)).toBe(0);
});

test('a port that another program listens on is refused, also where that one would share it', async () => {
  const { origin } = await opened(three);
  const sharing = await compose(configFor(join(temporaryFolder(), 'r.db'), three, new URL(origin).port), contracts, {
    isApart: true,
  });
  onTestFinished(sharing.close);
  await expect(sharing.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(listenersOn(origin)).toBe(3);
});

test('more than one is for a server with an engine thread alone', async () => {
  const refract = await compose(configFor(join(temporaryFolder(), 'r.db'), three), contracts);
  onTestFinished(refract.close);
  await expect(refract.listen()).rejects.toThrow('REFRACT_WORKERS is above 1, which is for `refract serve` alone.');
});

test.each([
  ['throws what nobody catches', "setImmediate(() => { throw new Error('planted'); });", /^planted$/],
  ['ends', 'setImmediate(() => { process.exit(3); });', /^an HTTP thread has ended with 3$/],
])('where a thread %s it is told, and they can be closed', async (_what, planted, reason) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'planted.ts'), `${planted}\nawait new Promise(() => undefined);\n`);
  const broken = Promise.withResolvers<Error>();
  const threads = createHttpThreads(partsWith({ onBroken: broken.resolve }));
  // Taken for an adapter, which the thread loads.
  const name = relative(join(root, 'src', 'contracts'), join(folder, 'planted'));
  const config = configFor(join(folder, 'r.db'));
  const planteds = withSettings(config, contracts.slice(0, 1)).map(({ document, settings }) => ({
    name,
    document,
    settings,
  }));
  const started = threads.start(2, { config, contracts: planteds, at: undefined, isDemo: false });
  await expect(started).rejects.toThrow(reason);
  expect((await broken.promise).message).toMatch(reason);
  await threads.close(undefined);
});

/** What the threads publish as the keys of fib. */
async function publishedAt(origin: string): Promise<Set<string>> {
  const answers = await Promise.all(many.map(() => call(origin, { method: 'GET', path: '/jwks/fib.json' })));
  return new Set(answers.map(({ body }) => body));
}

function partsWith(parts: Partial<HttpThreadParts>): HttpThreadParts {
  const ignored = (): undefined => undefined;
  return {
    join: (port) => {
      port.close();
    },
    issueDemo: () => Promise.reject(new Error('there are no demos')),
    published: () => Promise.resolve({}),
    onEngineEvent: ignored,
    onHttpEvent: ignored,
    onFailure: ignored,
    onBroken: ignored,
    ...parts,
  };
}

/** How many sockets listen on the port of an origin (proc_pid_net(5)). */
function listenersOn(origin: string): number {
  const port = Number(new URL(origin).port).toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} [0-9A-F]{8}:0000 0A `).test(line)).length;
}
