// The engine thread behaves like engines on the main thread.
import Database from 'better-sqlite3';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { compose } from '../../src/app/app.ts';
import type { EngineEvent } from '../../src/engine/ports.ts';
import { startEngineThread } from '../../src/app/thread/engine-thread.ts';
import { root } from '../structure/tree.ts';
import { readMetrics } from '../shared/exposition.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { contracts as names, isGranted, refresh, send } from '../shared/refreshing.ts';
import { claimsOf } from '../shared/tokens.ts';
import { call } from '../shared/wire.ts';
import { configFor, contracts, expectRefreshing, opened } from './opened.ts';

const ignored = (): undefined => undefined;

test.each(names)('a session of %s is refreshed, repeated with the same successor, and refreshed', async (contract) => {
  const { origin, issue } = await opened();
  await expectRefreshing(origin, contract, (await issue(contract)).token);
});

test('100 identical refreshes at once on the engine thread get the same successor', async () => {
  const { origin, issue, events } = await opened();
  const { token } = await issue('xerial');
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(origin, 'xerial', token)));
  expect(new Set(answers.map(({ status, body }) => `${String(status)} ${body}`)).size).toBe(1);
  const ways = events.flatMap((event) => (event.type === 'refreshed' ? [event.by] : []));
  expect(ways.filter((way) => way === 'rotation')).toHaveLength(1);
  expect(ways).toHaveLength(100);
});

test('the engine thread refuses a revoked session at once, with details in the event', async () => {
  const { origin, issue, refract, events } = await opened();
  const { token, sessionId } = await issue('fib');
  expect(await refract.store.revoke(sessionId, 'requested')).toBe(true);
  expect(await send(origin, 'fib', token)).toMatchObject({ status: 401 });
  expect(events.at(-1)).toMatchObject({
    type: 'refused',
    contract: 'fib',
    refusal: 'revoked_session',
    sessionId,
    subjectId: 'bob',
  });
});

test('a rotated key signs the next refresh; a compromise revokes all sessions', async () => {
  const { origin, issue, admin } = await opened();
  const { token } = await issue('xerial');
  const key = await keyAfter(origin, token);
  await admin.POST('/keys/{contract}/rotate', { params: { path: { contract: 'xerial' } }, body: { atOnce: true } });
  const rotated = await refresh(origin, 'xerial', key.token);
  expect(kidOf(rotated)).not.toBe(key.kid);
  await admin.POST('/keys/{contract}/compromise', { params: { path: { contract: 'xerial' } } });
  expect(await send(origin, 'xerial', rotated)).toMatchObject({ status: 401 });
  const { token: fresh } = await issue('xerial');
  await refresh(origin, 'xerial', fresh);
});

test('a locked database is 503 for a refresh, while the port serves other requests', async () => {
  const { origin, issue, database, admin, events } = await opened({ REFRACT_BUSY_TIMEOUT: '300' });
  const { token } = await issue('xerial');
  const other = new Database(database);
  onTestFinished(() => {
    other.close();
  });
  other.exec('BEGIN IMMEDIATE');
  const refused = send(origin, 'xerial', token);
  // With one thread, its response waits for the refresh.
  const answered: string[] = [];
  const health = fetch(`${origin}/healthz`).then(() => answered.push('health'));
  expect(await refused.then((answer) => (answered.push('refresh'), answer))).toMatchObject({ status: 503 });
  await health;
  expect(answered).toEqual(['health', 'refresh']);
  expect(events.some(({ type }) => type === 'unavailable')).toBe(true);
  const { response } = await admin.PUT('/subjects/{subjectId}', { params: { path: { subjectId: 'eve' } }, body: {} });
  expect(response.status).toBe(503);
  other.exec('COMMIT');
  await refresh(origin, 'xerial', token);
});

test('a session is throttled only by its own refreshes', async () => {
  const { origin, issue } = await opened({ REFRACT_SESSION_LIMIT: '2' });
  const [{ token }, { token: neighbour }] = [await issue('cloudreve'), await issue('cloudreve')];
  for (let times = 0; times < 2; times += 1) await refresh(origin, 'cloudreve', token);
  expect(await send(origin, 'cloudreve', token)).toMatchObject({ status: 429 });
  await refresh(origin, 'cloudreve', neighbour);
});

test('steps on the engine thread are measured like those on the main thread', async () => {
  const { origin, issue, admin, adminOrigin } = await opened();
  const { token, sessionId } = await issue('xerial');
  await refresh(origin, 'xerial', token);
  // Reads a session as well, from the other thread.
  await admin.GET('/sessions/{sessionId}', { params: { path: { sessionId } } });
  const { valueOf } = await readMetrics(adminOrigin);
  expect(valueOf('refract_store_read_duration_seconds_count')).toBe(2);
  expect(valueOf('refract_signer_duration_seconds_count', { operation: 'verify' })).toBe(1);
  expect(valueOf('refract_signer_duration_seconds_count', { operation: 'sign' })).toBe(4);
  expect(valueOf('refract_group_commit_duration_seconds_count')).toBeGreaterThanOrEqual(3);
  const granted = { contract: 'xerial', outcome: 'granted', reason: 'rotation' };
  expect(valueOf('refract_refreshes_total', granted)).toBe(1);
});

test('close() responds to refreshes in flight and refuses later calls of the store', async () => {
  const { origin, issue, refract } = await opened();
  const { token } = await issue('xerial');
  const answers = Promise.all(Array.from({ length: 20 }, () => send(origin, 'xerial', token)));
  // Starts once the first refresh is in flight.
  await send(origin, 'xerial', token);
  await Promise.all([answers, refract.close()]);
  for (const answer of await answers) expect(isGranted('xerial', answer)).toBe(true);
  await expect(refract.store.readSubject('bob')).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
});

test('a refresh whose connection was closed by a stop has its audit event', async () => {
  const environment = { REFRACT_STOP_TIMEOUT: '0', REFRACT_BUSY_TIMEOUT: '20000' };
  const { origin, issue, refract, database } = await opened(environment);
  const { token, sessionId } = await issue('fib');
  const next = await refresh(origin, 'fib', token);
  await refresh(origin, 'fib', next);
  const other = new Database(database);
  onTestFinished(() => {
    other.close();
  });
  other.exec('BEGIN IMMEDIATE');
  const cutOff = Promise.allSettled(Array.from({ length: 8 }, () => send(origin, 'fib', token)));
  // A later request has its response, so the refreshes have arrived.
  for (let times = 0; times < 8; times += 1) await call(origin, { method: 'GET', path: '/healthz' });
  const closed = refract.close();
  expect((await cutOff).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'));
  other.exec('COMMIT');
  await closed;
  const types = other.prepare('SELECT type FROM audit_event WHERE session_id = ? ORDER BY type').pluck().all(sessionId);
  expect(types).toEqual([...Array.from({ length: 8 }, () => 'refused'), 'reused']);
});

test('an unusable database has the same message with and without the engine thread', async () => {
  const database = join(temporaryFolder(), 'r.db');
  writeFileSync(database, 'no database at all, but a text of some length');
  const sentence = /^The database .* cannot be opened/;
  for (const hasEngineThread of [false, true]) {
    const refused = compose(configFor(database), contracts, { hasEngineThread });
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'store' }));
    await expect(refused).rejects.toThrow(sentence);
  }
});

test('a next key that cannot be opened does not stop the engine thread from starting', async () => {
  const { refract, admin, database } = await opened();
  await admin.POST('/keys/{contract}', { params: { path: { contract: 'xerial' } }, body: {} });
  await refract.close();
  const edited = new Database(database);
  expect(edited.prepare("UPDATE key_set SET sealed = 'broken' WHERE state = 'next'").run().changes).toBe(1);
  edited.close();
  const again = await compose(configFor(database), contracts, { hasEngineThread: true });
  onTestFinished(again.close);
  const origin = await again.listen();
  const issued = await again.issue('xerial', 'bob');
  if (issued.kind === 'refused') throw new Error(issued.refusal);
  await refresh(origin, 'xerial', issued.grant.refresh.token);
});

test.each([
  ['throws an uncaught error', "setImmediate(() => { throw new Error('planted'); });", /^planted$/],
  ['ends', 'setImmediate(() => { process.exit(3); });', /has ended with 3$/],
])(
  'if the engine thread %s, pending calls are unavailable and the server can close',
  async (_what, planted, reason) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'planted.ts'), `${planted}\nawait new Promise(() => undefined);\n`);
    const { thread, name, events, broken } = await threadWith(join(folder, 'planted'));
    expect(await thread.refresh(name, 'a token', 'an id')).toEqual({ kind: 'unavailable' });
    expect((await broken).message).toMatch(reason);
    expect(await thread.refresh(name, 'a token', 'another id')).toEqual({ kind: 'unavailable' });
    const cause = "the engine's thread has ended";
    expect(events).toEqual(
      ['an id', 'another id'].map((requestId) => ({ type: 'unavailable', contract: name, requestId, cause })),
    );
    await thread.settled();
    await expect(thread.store.readSubject('bob')).rejects.toThrow(expect.objectContaining({ code: 'unavailable' }));
    await thread.store.close();
  },
);

test('an error of the engine thread keeps class, code and cause on the main thread', async () => {
  const folder = temporaryFolder();
  const errors = join(root, 'src', 'errors.ts');
  const planted = `import { RefractError } from '${errors}';\nthrow new RefractError('conflict', 'planted');\n`;
  writeFileSync(join(folder, 'planted.ts'), planted);
  const { thread, name } = await threadWith(join(folder, 'planted'));
  const reason: unknown = await thread.openKeys().catch((thrown: unknown) => thrown);
  expect(reason).toBeInstanceOf(RefractError);
  expect(reason).toMatchObject({ code: 'document', message: expect.stringContaining('planted.yaml has no adapter') });
  expect(reason).toHaveProperty('cause', new RefractError('conflict', 'planted'));
  await expect(thread.refresh(name, 'a token', 'an id')).rejects.toMatchObject({ code: 'document' });
  await thread.store.close();
});

/** An engine thread of one contract. @param adapter its module, without its ending */
async function threadWith(adapter: string) {
  const { promise: broken, resolve: onBroken } = Promise.withResolvers<Error>();
  const events: EngineEvent[] = [];
  const name = relative(join(root, 'src', 'contracts'), adapter);
  const lifetimes = { accessLifetime: 1, refreshLifetime: 1, sessionLifetime: 1, gracePeriod: 1 };
  const thread = await startEngineThread(
    {
      settings: configFor(join(temporaryFolder(), 'r.db')),
      contracts: [{ name, file: 'planted.yaml', settings: { policy: 'single-use', ...lifetimes } }],
    },
    { onEngineEvent: (event) => events.push(event), onTimed: ignored, onCommit: ignored, onBroken },
  );
  return { thread, name, events, broken };
}

async function keyAfter(origin: string, token: string): Promise<{ readonly kid: unknown; readonly token: string }> {
  const successor = await refresh(origin, 'xerial', token);
  return { kid: kidOf(successor), token: successor };
}

function kidOf(token: string): unknown {
  expect(claimsOf(token)).toHaveProperty('sid');
  const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  return typeof header === 'object' && header !== null && 'kid' in header ? header.kid : undefined;
}
