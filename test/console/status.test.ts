// The status page over HTTP, its figures, and the arithmetic of its chart.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { barsOf, counted, durationOf, total } from '../../src/console/browser/status-chart.ts';
import type { ServerStatus } from '../../src/console/model.ts';
import { contracts, refresh, send } from '../shared/refreshing.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { spoil } from '../shared/provoking.ts';
import { call, json, type WireAnswer } from '../shared/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ admin: true });
});
afterAll(() => server.stop());

const get = async (path: string, origin?: string): Promise<WireAnswer> =>
  call(origin ?? (await server.adminOrigin()), { method: 'GET', path });
const statusOf = async (origin: string): Promise<ServerStatus> =>
  json(await get('/status.json', origin)) as ServerStatus;

describe('the status page', () => {
  test('the status page has nothing inline, and its addresses exist on this origin', async () => {
    const page = await get('/');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.body).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(page.body).not.toMatch(/<script(?! src="\/console\/assets\/[\w.-]+" type="module"><\/script>)/);
    const addresses = [...page.body.matchAll(/(?:href|src|data-status)="([^"#]+)"/g)].map(
      ([, address = '']) => address,
    );
    expect(addresses).toHaveLength(5 + 1 + 2 + 1 + 2 * 3);
    for (const address of addresses) {
      expect(address).toMatch(/^\/(?!\/)/);
      expect((await get(address)).status, address).toBe(200);
    }
  });

  test('the status page and its files load nothing from another origin, and name none', async () => {
    for (const path of ['/', '/status.json', '/console/assets/status.js', '/console/assets/status.css']) {
      const { headers, body } = await get(path);
      expect(headers['content-security-policy'], path).toMatch(/^default-src 'none'; script-src 'self'; /);
      expect(headers['content-security-policy'], path).not.toContain('unsafe');
      expect(body.replaceAll('http://www.w3.org/2000/svg', ''), path).not.toMatch(/https?:\/\/|@import|\burl\(/);
    }
  });

  test('the status page exists on the admin listener only', async () => {
    expect((await get('/', server.origin)).body).not.toContain('status.js');
    for (const path of ['/status.json', '/console/assets/status.js']) {
      expect((await get(path, server.origin)).status, path).toBe(404);
    }
    expect((await get('/console/fib')).status).toBe(404);
  });
});

describe('/status.json', () => {
  test('/status.json counts outcomes and active sessions, and names no subject', async () => {
    const fresh = await started();
    const token = await fresh.issue('xerial', 'a-subject');
    await refresh(fresh.origin, 'xerial', token);
    await refresh(fresh.origin, 'xerial', token);
    await send(fresh.origin, 'xerial', 'not.a.token');
    const status = await statusOf(await fresh.adminOrigin());
    expect(status.contracts.map(({ name }) => name)).toEqual(contracts);
    expect(status.checks.map(({ part, trouble }) => [part, trouble])).toEqual([
      ['store', null],
      ['keys', null],
      ['contracts', null],
    ]);
    const { activeSessions, series } = status.contracts.at(-1) ?? {};
    const sums = Object.entries(series ?? {}).map(([kind, counts]) => [
      kind,
      counts.reduce((all, one) => all + one, 0),
    ]);
    expect([activeSessions, Object.fromEntries(sums)]).toEqual([1, { granted: 2, refused: 1 }]);
    expect(JSON.stringify(status)).not.toContain('a-subject');
    expect((await get('/status.json', await fresh.adminOrigin())).headers['cache-control']).toBe('no-store');
  });

  test('/status.json names the failed check, and omits session counts without a store', async () => {
    const fresh = await started();
    spoil(fresh.database);
    const status = await statusOf(await fresh.adminOrigin());
    expect(status.checks[0]?.trouble).toMatch(/^The store cannot be used: SQLite: .*\.$/);
    expect(status.contracts.map((contract) => 'activeSessions' in contract)).toEqual(contracts.map(() => false));
  });
});

describe('barsOf()', () => {
  const begin = 1_700_000_030;

  function statusWith(granted: readonly number[], refused: readonly number[] = []): ServerStatus {
    const base = { now: 0, startedAt: 0, checks: [], lost: 0, history: { begin, slotLength: 10, slotCount: 360 } };
    return { ...base, contracts: [{ name: 'fib', title: 'FIB', activeSessions: 0, series: { granted, refused } }] };
  }

  /** A count in one slot, counted from the last. */
  const slotsAgo = (ago: number, count: number): number[] =>
    Array.from({ length: 360 }, (_slot, index) => (index === 359 - ago ? count : 0));

  test('barsOf() returns 60 bars of a minute for an hour, aligned to whole minutes', () => {
    const bars = barsOf(statusWith(slotsAgo(0, 3), slotsAgo(7, 2)), 3600);
    expect(bars).toHaveLength(60);
    expect(bars.map(({ at }) => at % 60)).toEqual(bars.map(() => 0));
    expect(bars.map(({ up }) => up[0]).filter(Boolean)).toEqual([3]);
    expect(bars.at(-1)?.up).toEqual([3]);
    expect(bars.flatMap(({ at, down }) => (down[0] ? [[at, down]] : []))).toEqual([
      [Math.floor((begin + 3520) / 60) * 60, [2, 0, 0, 0, 0]],
    ]);
  });

  test('barsOf() returns the last 60 slots for ten minutes', () => {
    const bars = barsOf(statusWith(slotsAgo(59, 1), slotsAgo(60, 1)), 600);
    expect(bars.map(({ up, down }) => [up[0], down[0]])).toEqual([[1, 0], ...bars.slice(1).map(() => [0, 0])]);
    expect(bars[0]?.at).toBe(begin + 3000);
  });

  test('total(), counted() and durationOf() format the figures beside the chart', () => {
    expect(total(statusWith(slotsAgo(3, 4), slotsAgo(5, 2)), ['granted', 'refused'])).toBe(6);
    expect([counted(1, 'contract'), counted(1234, 'contract')]).toEqual(['1 contract', '1,234 contracts']);
    expect([59, 60, 3599, 3600, 172_799, 172_800].map(durationOf)).toEqual([
      '59 s',
      '1 min',
      '59 min',
      '1 h 0 min',
      '47 h 59 min',
      '2 d',
    ]);
  });
});

async function started(): Promise<TestServer> {
  const fresh = await startServer({ admin: true });
  onTestFinished(fresh.stop);
  return fresh;
}
