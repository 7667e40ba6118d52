// Clients and servers during a copy: the old servers stop, and the new ones continue with the same tokens.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import type { CopyDatabase } from '../../../src/store/copy/database.ts';
import { openPostgresForCopy } from '../../../src/store/copy/postgres.ts';
import { openSqliteForCopy } from '../../../src/store/copy/sqlite.ts';
import { createEmptyDatabase, createFileDatabase } from '../../shared/databases.ts';
import { setClock } from '../../shared/postgres.ts';
import { contracts, isGranted, refresh, refreshTokenIn, send } from '../../shared/refreshing.ts';
import { startServer, type TestServer } from '../../shared/server.ts';
import { call, json, type WireAnswer } from '../../shared/wire.ts';
import { sqliteSide } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const masterSecret = 'a master secret that both databases are under';

/** The stopped clock of a test's server, in seconds. */
const moment = 1_700_000_000;

describe('copy from SQLite to PostgreSQL with a server that starts early', () => {
  let old: TestServer;
  let early: TestServer;
  let issued: Record<string, string>;
  let rotated: Record<string, string>;
  let revoked: Record<string, string>;
  let duringCopy: { readonly refresh: unknown; readonly ready: number; readonly keys: unknown };

  beforeAll(async () => {
    old = await startServer({ environment: { REFRACT_MASTER_SECRET: masterSecret } });
    const url = await createFileDatabase();
    [issued, rotated, revoked] = [{}, {}, {}];
    for (const contract of contracts) {
      issued[contract] = await old.issue(contract);
      rotated[contract] = await refresh(old.origin, contract, issued[contract]);
      revoked[contract] = await old.issue(contract, `ended of ${contract}`);
      const [session] = await old.refract.store.listSessions({ subjectId: `ended of ${contract}` });
      await old.refract.store.revoke(session?.id ?? '', 'requested');
    }
    const listener = new pg.Client(url);
    await listener.connect();
    const [source, target] = [
      openSqliteForCopy(old.database, 'source', 2_000),
      await openPostgresForCopy(url, 'target'),
    ];
    const closeSource: CopyDatabase['closeSource'] = async (...input) => {
      await setClock(url, moment);
      early = await startServer({ environment: { REFRACT_MASTER_SECRET: masterSecret, DATABASE_URL: url } });
      duringCopy = {
        refresh: summarize(await send(early.origin, 'xerial', rotated['xerial'] ?? '')),
        ready: (await call(await early.adminOrigin(), { method: 'GET', path: '/readyz' })).status,
        keys: await early.refract.administration.addKeySet('fib', {}, { actor: 'test' }).catch(String),
      };
      await listener.query('LISTEN refract_key_sets');
      return source.closeSource(...input);
    };
    const isNotified = new Promise((resolve) => listener.once('notification', resolve));
    await copy({ ...source, closeSource }, target, { longestFence: 60, report: () => undefined });
    // Servers reload their keys at once, and not at their next interval.
    await isNotified;
    await listener.end();
    await source.close();
    await target.close();
  });
  afterAll(async () => {
    await old.stop();
    await early.stop();
  });

  test('the early server responds 503, is not ready, and cannot change keys', () => {
    expect(duringCopy).toEqual({
      refresh: unavailable,
      ready: 503,
      keys: expect.stringMatching(/^RefractError \[unavailable\]: .*cannot insert into view/),
    });
  });

  test.each(contracts)('%s: the old server responds 503 in plain text to every token', async (contract) => {
    for (const token of [issued[contract], rotated[contract], revoked[contract]]) {
      expect(summarize(await send(old.origin, contract, token ?? ''))).toEqual(unavailable);
    }
    await expect(old.issue(contract)).rejects.toThrow(/no such table/);
  });

  test.each(contracts)('%s: the new server repeats the same successor and continues from it', async (contract) => {
    const [first = '', successor = ''] = [issued[contract], rotated[contract]];
    expect(await refresh(early.origin, contract, first)).toBe(successor);
    const next = await refresh(early.origin, contract, successor);
    expect(await refresh(early.origin, contract, next)).toBeTruthy();
  });

  test.each(contracts)('%s: a session revoked before the copy stays revoked', async (contract) => {
    expect(isGranted(contract, await send(early.origin, contract, revoked[contract] ?? ''))).toBe(false);
    const sessions = await early.refract.store.listSessions({ subjectId: `ended of ${contract}` });
    expect(sessions).toMatchObject([{ revokedReason: 'requested', revokedAt: moment }]);
  });

  test('keys can be changed on the new server only', async () => {
    await expect(old.refract.administration.addKeySet('fib', {}, { actor: 'test' })).rejects.toThrow(/no such table/);
    await early.refract.administration.addKeySet('fib', {}, { actor: 'test' });
  });
});

describe('copy from PostgreSQL to SQLite', () => {
  test('every token has one successor, and the new server continues from the last one', async () => {
    const url = await createEmptyDatabase();
    const environment = { REFRACT_MASTER_SECRET: masterSecret, DATABASE_URL: url };
    const instances = await Promise.all([startServer({ environment }), startServer({ environment })]);
    onTestFinished(async () => {
      for (const { stop } of instances) await stop();
    });
    const [one, other] = instances;
    await setClock(url, moment);
    let isCopied = false;
    const tokens = await Promise.all(Array.from({ length: 6 }, () => one.issue('xerial')));
    const revoked = await one.issue('xerial', 'ended');
    // Each client refreshes until the copy is done and it gets a 503, and keeps its last token.
    const clients = tokens.map(async (first) => {
      let token = first;
      for (let count = 0; ; count += 1) {
        const response = await send((count % 2 === 0 ? one : other).origin, 'xerial', token);
        if (isGranted('xerial', response)) token = refreshTokenIn('xerial', json(response));
        else if (response.status !== 503) throw new Error(`${String(response.status)} ${response.body}`);
        else if (isCopied) return { token, response };
      }
    });
    const { address, open } = sqliteSide();
    const [source, target] = [await openPostgresForCopy(url, 'source'), await open('target')];
    const closeSource: CopyDatabase['closeSource'] = async (...input) => {
      const [session] = await other.refract.store.listSessions({ subjectId: 'ended' });
      await other.refract.store.revoke(session?.id ?? '', 'requested');
      return source.closeSource(...input);
    };
    await copy({ ...source, closeSource }, target, { longestFence: 60, report: () => undefined });
    await source.close();
    isCopied = true;
    const last = await Promise.all(clients);
    for (const { response } of last) expect(summarize(response)).toEqual(unavailable);
    const third = await startServer({
      environment: { REFRACT_MASTER_SECRET: masterSecret },
      database: 'file' in address ? address.file : '',
    });
    onTestFinished(third.stop);
    for (const { token } of last) await refresh(third.origin, 'xerial', await refresh(third.origin, 'xerial', token));
    expect(isGranted('xerial', await send(third.origin, 'xerial', revoked))).toBe(false);
  });
});

const unavailable = { status: 503, type: 'text/plain; charset=utf-8', isLater: true };

function summarize({ status, headers }: WireAnswer): typeof unavailable {
  return { status, type: headers['content-type'] ?? '', isLater: /^\d+$/.test(headers['retry-after'] ?? '') };
}
