// Imports over the admin contract: of any size, with bad rows, and one at a time.
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAdminClient } from '../../generated/admin.client.ts';
import type { components } from '../../generated/admin.ts';
import {
  bearer,
  beginImport,
  holdImport,
  importedState,
  importing,
  importsOf,
  linesOfRows,
  now,
  originalsAt,
  patiently,
  report,
  rowsOfMany,
  startWithKey,
  subjectRow,
  type Row,
} from '../shared/importing.ts';
import { refresh } from '../shared/refreshing.ts';
import type { TestServer } from '../shared/server.ts';
import { json } from '../shared/wire.ts';

const { original, sessionRow } = originalsAt(now);

let server: TestServer;
let admin: string;
beforeAll(async () => {
  server = await startWithKey();
  admin = await server.adminOrigin();
});
afterAll(() => server.stop());

test('an import of a large body in chunks changes nothing when it is repeated', async () => {
  const { database, origin } = server;
  const sending = beginImport(admin);
  const bytes = Buffer.from(linesOfRows(rowsOfMany));
  expect(bytes.length).toBeGreaterThan(5 * 16_384);
  // An odd chunk size, which splits lines and characters.
  for (let begin = 0; begin < bytes.length; begin += 4_099) sending.write(bytes.subarray(begin, begin + 4_099));
  sending.end();
  const first = await sending.answer;
  expect([first.status, json(first)]).toEqual([200, report(800, [400, 0], [400, 0])]);
  const state = importedState(database);
  const second = await importing(admin, bytes);
  expect([second.status, json(second)]).toEqual([200, report(800, [0, 400], [0, 400])]);
  expect(importedState(database)).toEqual(state);
  await refresh(origin, 'xerial', original('u7'));
});

test('an import reports up to a hundred bad rows by line, and imports the good ones', async () => {
  const rows: Row[] = [
    '{"kind":"session","refreshToken":"secret',
    subjectRow('bea'),
    '',
    sessionRow('bea', original('bea', {}, 'a secret that was never imported')),
    sessionRow('bea', original('bob')),
    sessionRow('unknown'),
    sessionRow('bea'),
    subjectRow('bea', { email: 'x'.repeat(20_000) }),
    'null',
  ];
  const problems = [
    { line: 1, reason: 'it is not JSON in UTF-8' },
    { line: 4, reason: 'no legacy key of its contract verifies its refresh token' },
    { line: 5, reason: 'its refresh token names another subject than its subjectId' },
    { line: 6, reason: 'its subjectId is unknown: a subject must precede its sessions' },
    { line: 8, reason: 'it is too long' },
    { line: 9, reason: 'it is not a JSON object' },
  ];
  expect(json(await importing(admin, linesOfRows(rows)))).toEqual(report(8, [1, 0], [1, 0], problems));

  const worse = [...Array.from({ length: 101 }, () => 'bad'), subjectRow('bob')];
  const { problems: reported, ...rest } = json(
    await importing(admin, linesOfRows(worse)),
  ) as components['schemas']['ImportReport'];
  expect(rest).toMatchObject({ rows: 102, refused: 101, subjects: { added: 1 }, moreProblems: true });
  expect(reported.map(({ line }) => line)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});

test.each([
  ['nothing', '', /^The body has no row: it is empty\.$/],
  ['white space', ' \n\r\n', /^The body has no row: it is empty\.$/],
  ['an array on one line', '[{"kind":"subject","id":"a"}]', /^The body is not NDJSON: Its one line is not a JSON obj/],
  ['a line without an end', 'x'.repeat(40_000), /^The body is not NDJSON: Its one line is not a JSON object/],
  ['a table', 'id,email\n1,a@example.com\n', /^The body is not NDJSON: None of its 2 lines is a JSON object/],
])('an import of %s is refused with 400', async (_what, body, detail) => {
  const response = await importing(admin, body);
  expect([response.status, json(response)]).toEqual([
    400,
    { title: 'Bad Request', status: 400, detail: expect.stringMatching(detail) },
  ]);
});

test.each([
  ['400', 'another media type', { 'content-type': 'application/json' }, 'body must be sent as application/x-ndjson'],
  ['415', 'a charset that is not UTF-8', { 'content-type': 'application/x-ndjson; charset=latin1' }, 'Unsupported'],
  ['415', 'a body that is packed', { 'content-encoding': 'gzip' }, 'Unsupported'],
])('an import gets %s for %s, and nothing is imported', async (status, _what, headers, said) => {
  const { refract } = server;
  const response = await importing(admin, linesOfRows([subjectRow('cleo')]), headers);
  expect([String(response.status), response.body]).toEqual([status, expect.stringContaining(said)]);
  expect(await refract.store.readSubject('cleo')).toBeUndefined();
});

test('a running import is listed, a second is refused, and refreshes are granted', async () => {
  const { origin, refract, issue, clock, importEvents } = server;
  const token = await issue('xerial');
  const sending = await holdImport(admin);
  const rows = Array.from({ length: 250 }, (_, index) => subjectRow(`seen-${String(index)}`));
  sending.write(linesOfRows([...rows, '{}']));
  const running = { actor: 'token-1', state: 'running', beganAt: now, finishedAt: null, refused: 0 };
  // Two full batches of a hundred; the first row is the one of holdImport().
  const progress = { ...running, rows: 200, subjects: { added: 200, kept: 0, different: 0 } };
  await expect.poll(async () => (await importsOf(admin))[0], patiently).toMatchObject(progress);
  expect(await refract.store.readSubject('seen-198')).toBeDefined();

  const second = await importing(admin, linesOfRows([subjectRow('second')]));
  expect([second.status, json(second)]).toMatchObject([
    409,
    { detail: 'An import is running; send the rows again when it has ended.' },
  ]);
  expect(await refract.store.readSubject('second')).toBeUndefined();
  await refresh(origin, 'xerial', token);

  clock.now += 60;
  sending.end();
  const response = await sending.answer;
  expect(json(response)).toMatchObject({ rows: 252, refused: 1 });
  const requestId = response.headers['x-request-id'];
  const finished = { requestId, state: 'finished', beganAt: now, finishedAt: now + 60, rows: 252, refused: 1 };
  expect((await importsOf(admin))[0]).toMatchObject(finished);
  expect(importEvents.at(-1)).toMatchObject({ type: 'import_finished', requestId, summary: { rows: 252 } });
  expect((await importing(admin, linesOfRows([subjectRow('second')]))).status).toBe(200);
});

test('the latest ten imports are listed, newest first', async () => {
  const ids: unknown[] = [];
  for (let times = 0; times < 12; times += 1) {
    ids.unshift((await importing(admin, linesOfRows([subjectRow('a')]))).headers['x-request-id']);
  }
  const listed = await importsOf(admin);
  expect(listed.map(({ requestId }) => requestId)).toEqual(ids.slice(0, 10));
});

test('refreshes are granted between the batches of an import', async () => {
  const { origin, issue } = server;
  let token = await issue('xerial');
  const all = importing(admin, linesOfRows([rowsOfMany, rowsOfMany, rowsOfMany].flat()));
  const ended = all.then(({ status }) => status);
  const refreshed = async (): Promise<'granted'> => {
    token = await refresh(origin, 'xerial', token);
    return 'granted';
  };
  let granted = 0;
  for (;;) {
    const refreshing = refreshed();
    const first = await Promise.race([ended, refreshing]);
    await refreshing;
    if (first !== 'granted') break;
    granted += 1;
  }
  expect(await ended).toBe(200);
  expect(granted).toBeGreaterThan(2);
});

test('the generated admin client sends rows as a text or a stream', async () => {
  const { client } = createAdminClient(admin, {
    headers: { ...bearer, 'content-type': 'application/x-ndjson' },
  });
  const text = linesOfRows([subjectRow('dora'), sessionRow('dora')]);
  const first = await client.POST('/imports', { body: text, bodySerializer: (rows) => rows });
  expect(first.data).toEqual(report(2, [1, 0], [1, 0]));

  const streamed = Array.from({ length: 2_000 }, (_, index) => linesOfRows([subjectRow(`streamed-${String(index)}`)]));
  const rows = Readable.toWeb(Readable.from(streamed.map((line) => Buffer.from(line))));
  const streaming = { duplex: 'half' };
  const second = await client.POST('/imports', { body: '', bodySerializer: () => rows, ...streaming });
  expect(second.data).toEqual(report(2_000, [2_000, 0], [0, 0]));
  const { data } = await client.GET('/imports');
  expect(data?.imports.slice(0, 2)).toMatchObject([{ rows: 2_000 }, { rows: 2 }]);
});
