// What clients and servers see when sessions move: the old servers are shut, and the new ones go on with the same tokens.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import type { CopyEnd } from '../../../src/store/copy/ends.ts';
import { openPostgresEnd } from '../../../src/store/copy/postgres-end.ts';
import { openSqliteEnd } from '../../../src/store/copy/sqlite-end.ts';
import { setClock, startPostgres, type TestPostgres } from '../../shared/postgres.ts';
import { contracts, isGranted, refresh, refreshTokenIn, send } from '../../shared/refreshing.ts';
import { startServer, type TestServer } from '../../shared/server.ts';
import { call, json, type WireAnswer } from '../../shared/wire.ts';
import { sqliteSide } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const masterSecret = 'a master secret that both databases are under';

/** The moment at which the clock of a test's server stands. */
const moment = 1_700_000_000;

describe('from SQLite to PostgreSQL, where a server was started before the copy was over', () => {
  let old: TestServer;
  let early: TestServer;
  let issued: Record<string, string>;
  let rotated: Record<string, string>;
  let revoked: Record<string, string>;
  let whileArriving: { readonly refresh: unknown; readonly ready: number; readonly keys: unknown };

  beforeAll(async () => {
    old = await startServer({ environment: { REFRACT_MASTER_SECRET: masterSecret } });
    const url = await postgres.createDatabase();
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
    const [source, target] = [openSqliteEnd(old.database, 'source', 2_000), await openPostgresEnd(url, 'target')];
    const fence: CopyEnd['fence'] = async (...input) => {
      await setClock(url, moment);
      early = await startServer({ environment: { REFRACT_MASTER_SECRET: masterSecret, DATABASE_URL: url } });
      whileArriving = {
        refresh: told(await send(early.origin, 'xerial', rotated['xerial'] ?? '')),
        ready: (await call(await early.adminOrigin(), { method: 'GET', path: '/readyz' })).status,
        keys: await early.refract.administration.addKeySet('fib', {}, { actor: 'test' }).catch(String),
      };
      await listener.query('LISTEN refract_key_sets');
      return source.fence(...input);
    };
    const isNotified = new Promise((resolve) => listener.once('notification', resolve));
    await copy({ ...source, fence }, target, { longestFence: 60, say: () => undefined });
    // Servers look at their keys anew then, and not when they would have otherwise.
    await isNotified;
    await listener.end();
    await source.close();
    await target.close();
  });
  afterAll(async () => {
    await old.stop();
    await early.stop();
  });

  test('that one has answered 503, was not ready, and could not change keys', () => {
    expect(whileArriving).toEqual({
      refresh: unavailable,
      ready: 503,
      keys: expect.stringMatching(/^RefractError \[unavailable\]: .*cannot insert into view/),
    });
  });

  test.each(contracts)('%s: the old server answers 503 in plain text, whatever it is asked', async (contract) => {
    for (const token of [issued[contract], rotated[contract], revoked[contract]]) {
      expect(told(await send(old.origin, contract, token ?? ''))).toEqual(unavailable);
    }
    await expect(old.issue(contract)).rejects.toThrow(/no such table/);
  });

  test.each(contracts)(
    '%s: the new one gives the same successor again, byte for byte, and goes on',
    async (contract) => {
      const [first = '', successor = ''] = [issued[contract], rotated[contract]];
      expect(await refresh(early.origin, contract, first)).toBe(successor);
      const next = await refresh(early.origin, contract, successor);
      expect(await refresh(early.origin, contract, next)).toBeTruthy();
    },
  );

  test.each(contracts)('%s: what was revoked before stays revoked', async (contract) => {
    expect(isGranted(contract, await send(early.origin, contract, revoked[contract] ?? ''))).toBe(false);
    const sessions = await early.refract.store.listSessions({ subjectId: `ended of ${contract}` });
    expect(sessions).toMatchObject([{ revokedReason: 'requested', revokedAt: moment }]);
  });

  test('and keys can be changed on the new one alone', async () => {
    await expect(old.refract.administration.addKeySet('fib', {}, { actor: 'test' })).rejects.toThrow(/no such table/);
    await early.refract.administration.addKeySet('fib', {}, { actor: 'test' });
  });
});

describe('from PostgreSQL to SQLite', () => {
  test('instances that are asked on and on give every token one successor, and the file goes on with the last one', async () => {
    const url = await postgres.createDatabase();
    const environment = { REFRACT_MASTER_SECRET: masterSecret, DATABASE_URL: url };
    const instances = await Promise.all([startServer({ environment }), startServer({ environment })]);
    onTestFinished(async () => {
      for (const { stop } of instances) await stop();
    });
    const [one, other] = instances;
    await setClock(url, moment);
    let isShut = false;
    const tokens = await Promise.all(Array.from({ length: 6 }, () => one.issue('xerial')));
    const revoked = await one.issue('xerial', 'ended');
    // Each client goes on until it is told that nobody is there, and keeps the token that it was given last.
    const clients = tokens.map(async (first) => {
      let token = first;
      for (let count = 0; ; count += 1) {
        const answer = await send((count % 2 === 0 ? one : other).origin, 'xerial', token);
        if (isGranted('xerial', answer)) token = refreshTokenIn('xerial', json(answer));
        else if (answer.status !== 503) throw new Error(`${String(answer.status)} ${answer.body}`);
        else if (isShut) return { token, answer };
      }
    });
    const { address, open } = sqliteSide();
    const [source, target] = [await openPostgresEnd(url, 'source'), await open('target')];
    const fence: CopyEnd['fence'] = async (...input) => {
      const [session] = await other.refract.store.listSessions({ subjectId: 'ended' });
      await other.refract.store.revoke(session?.id ?? '', 'requested');
      return source.fence(...input);
    };
    await copy({ ...source, fence }, target, { longestFence: 60, say: () => undefined });
    await source.close();
    isShut = true;
    const last = await Promise.all(clients);
    for (const { answer } of last) expect(told(answer)).toEqual(unavailable);
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

function told({ status, headers }: WireAnswer): typeof unavailable {
  return { status, type: headers['content-type'] ?? '', isLater: /^\d+$/.test(headers['retry-after'] ?? '') };
}
