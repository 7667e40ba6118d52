// Imports that are broken off: committed rows stay, response and audit trail report it, and sending all rows again
// completes them.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { RefractError } from '../../src/errors.ts';
import { connectTo } from '../shared/database.ts';
import { beginImport, bearer, importedState, importing, importsOf, linesOfRows, now } from '../shared/importing.ts';
import { patiently, report, rowsOfMany, startWithKey, subjectRow } from '../shared/importing.ts';
import type { TestServer, TestServerOptions } from '../shared/server.ts';
import { call, json } from '../shared/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startWithKey();
});
afterAll(() => server.stop());

/** Starts a server that stops when the running test ends. */
async function start(options: TestServerOptions = {}): Promise<TestServer & { readonly admin: string }> {
  const server = await startWithKey(options);
  onTestFinished(server.stop);
  return { ...server, admin: await server.adminOrigin() };
}

describe('an import is broken off', () => {
  test('an import whose sender disconnects keeps committed rows, and can be repeated', async () => {
    const broken = { ...server, admin: await server.adminOrigin() };
    const whole = await start();
    expect((await importing(whole.admin, linesOfRows(rowsOfMany))).status).toBe(200);

    const sending = beginImport(broken.admin);
    // The last row is good, but has no line end.
    sending.write(linesOfRows(rowsOfMany.slice(0, 550)) + JSON.stringify(subjectRow('half')));
    await expect.poll(() => importsOf(broken.admin), patiently).toMatchObject([{ rows: 500 }]);
    sending.abort();
    await expect
      .poll(() => importsOf(broken.admin), patiently)
      .toMatchObject([
        { state: 'broken_off', finishedAt: now, rows: 500, subjects: { added: 400 }, sessions: { added: 100 } },
      ]);
    expect(connectTo(broken.database).prepare('SELECT count(*) FROM session').pluck().get()).toBe(100);
    expect(await broken.refract.store.readSubject('half')).toBeUndefined();
    expect(broken.importEvents).toMatchObject([
      { type: 'import_broken_off', cause: 'the client closed the connection' },
    ]);
    const [event] = await broken.refract.administration.readAudit({ type: 'imported' }, { limit: 1 });
    expect(event).toMatchObject({ reason: '400 subjects, 100 sessions, broken off', actor: 'token-1' });

    const again = await importing(broken.admin, linesOfRows(rowsOfMany));
    expect(json(again)).toEqual(report(800, [0, 400], [300, 100]));
    expect(importedState(broken.database)).toEqual(importedState(whole.database));
  });

  test('an import with a silent sender ends with 408, and the next can begin', async () => {
    const { admin, importEvents } = await start({ settings: { requestTimeout: 0.25 } });
    const sending = beginImport(admin);
    sending.write(linesOfRows([subjectRow('alice')]));
    expect(await sending.answer).toMatchObject({ status: 408, body: 'Request Timeout\n' });
    expect(importEvents).toMatchObject([{ type: 'import_broken_off', cause: 'the client sent no data for too long' }]);
    expect((await importing(admin, linesOfRows([subjectRow('bob')]))).status).toBe(200);
  });

  test('an import with a failing store gets 503 with its rows, while rows still arrive', async () => {
    let calls = 0;
    const { admin } = await start({
      wrapStore: (store) => ({
        ...store,
        importRows: (...input) => {
          calls += 1;
          return calls === 3
            ? Promise.reject(new RefractError('unavailable', 'the disk is full'))
            : store.importRows(...input);
        },
      }),
    });
    const sending = beginImport(admin);
    sending.write(linesOfRows(rowsOfMany));
    // More than all buffers hold, so the server has to read it.
    sending.write(Buffer.alloc(50_000_000, 'x'));
    sending.end();
    const response = await sending.answer;
    await sending.sent;
    expect([response.status, response.headers['retry-after'], json(response)]).toMatchObject([
      503,
      '1',
      { detail: expect.stringMatching(/^The good rows among the first 200 are imported; send all rows again/) },
    ]);
    expect(await importsOf(admin)).toMatchObject([{ state: 'broken_off', rows: 200 }]);
    expect(json(await importing(admin, linesOfRows(rowsOfMany)))).toEqual(report(800, [200, 200], [400, 0]));
  });

  test('an import ends with 500 after a fault', async () => {
    const { admin, importEvents } = await start({
      wrapStore: (store) => ({ ...store, importRows: () => Promise.reject(new Error('planted')) }),
    });
    const response = await importing(admin, linesOfRows(rowsOfMany));
    expect([response.status, response.headers['content-type']]).toEqual([
      500,
      'application/problem+json; charset=utf-8',
    ]);
    expect(response.body).not.toContain('planted');
    expect(importEvents).toMatchObject([{ type: 'import_broken_off' }]);
  });

  test('the audit event of an interrupted import is written once the store is back', async () => {
    let isAway = false;
    const { admin, database } = await start({
      wrapStore: (store) => ({
        ...store,
        importRows: async (rows, dryRun) => {
          if (isAway) throw new RefractError('unavailable', 'planted');
          isAway = rows.length > 0;
          return store.importRows(rows, dryRun);
        },
        appendAudit: (events) =>
          isAway ? Promise.reject(new RefractError('unavailable', 'planted')) : store.appendAudit(events),
      }),
    });
    expect((await importing(admin, linesOfRows(rowsOfMany))).status).toBe(503);
    const reasons = connectTo(database).prepare("SELECT reason FROM audit_event WHERE type = 'imported'").pluck();
    expect(reasons.all()).toEqual([]);
    isAway = false;
    await expect.poll(() => reasons.all(), patiently).toEqual(['100 subjects, 0 sessions, broken off']);
  });

  test('an import ends with 503 when the server stops, which first writes the event', async () => {
    const { admin, refract, database } = await start({ settings: { stopTimeout: 0.25 } });
    const sending = beginImport(admin);
    sending.write(linesOfRows(rowsOfMany.slice(0, 150)));
    await expect.poll(() => importsOf(admin), patiently).toMatchObject([{ rows: 100 }]);
    await refract.close();
    expect(await sending.answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    const reasons = connectTo(database).prepare("SELECT reason FROM audit_event WHERE type = 'imported'").pluck();
    expect(reasons.all()).toEqual(['100 subjects, 0 sessions, broken off']);
  });
});

test('an import may exceed the request timeout while rows arrive', async () => {
  const { admin } = await start({ settings: { requestTimeout: 0.25 } });
  const sending = beginImport(admin);
  let sent = 0;
  const sendSome = (): void => {
    sending.write(linesOfRows([subjectRow(`slow-${String(sent)}`)]));
    sent += 1;
  };
  sendSome();
  await expect.poll(() => importsOf(admin), patiently).toMatchObject([{ state: 'running' }]);
  // A request that began later, and exceeds its timeout.
  const other = call(admin, {
    method: 'PUT',
    path: '/admin/v1/subjects/alice',
    headers: { ...bearer, 'content-type': 'application/json', 'content-length': '100' },
    body: '{',
  });
  const status = other.then(({ status }) => status);
  for (;;) {
    sendSome();
    const polled = importsOf(admin);
    const first = await Promise.race([status, polled]);
    await polled;
    if (first === 408) break;
  }
  expect(await status).toBe(408);
  sendSome();
  sending.end();
  expect(json(await sending.answer)).toEqual(report(sent, [sent, 0], [0, 0]));
});

test('an import reads no further than the batch that is being committed', async () => {
  let openGate = (): void => undefined;
  const gate = new Promise<void>((resolve) => (openGate = resolve));
  let calls = 0;
  const { refract } = await start({
    wrapStore: (store) => ({
      ...store,
      importRows: async (...input) => {
        calls += 1;
        await gate;
        return store.importRows(...input);
      },
    }),
  });
  let read = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const row of rowsOfMany) {
      read += 1;
      yield await Promise.resolve(Buffer.from(linesOfRows([row])));
    }
  }
  const caller = { actor: 'test' };
  const ignored = () => undefined;
  const all = refract.bulkImport(chunks(), { dryRun: false, caller, onBadRow: ignored, onProgress: ignored });
  await expect.poll(() => calls, patiently).toBe(1);
  for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  expect([calls, read]).toEqual([1, 100]);
  openGate();
  expect(await all).toMatchObject({ rows: 800, bad: 0 });
});
