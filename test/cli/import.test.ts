// refract import: another server's subjects and sessions, so that users stay signed in.
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test, type Place } from '../shared/cli.ts';
import { connectTo } from '../shared/database.ts';
import { importedState, linesOfRows, originalSecret, originalsAt, subjectRow } from '../shared/importing.ts';
import { refresh, send } from '../shared/refreshing.ts';
import { claimsOf, segment, withSegment } from '../shared/tokens.ts';

const now = Math.floor(Date.now() / 1_000);

const { original, sessionRow } = originalsAt(now);

/** Writes a file of rows, one a line; texts are written unchanged. */
function write(place: Place, rows: readonly (object | string)[]): string {
  const file = join(place.folder, 'rows.ndjson');
  writeFileSync(file, linesOfRows(rows));
  return file;
}

async function importLegacyKey(place: Place, contract = 'xerial', key = originalSecret): Promise<void> {
  const file = join(place.folder, `${contract}.secret`);
  writeFileSync(file, key);
  expect(await place.refract('keys', 'import', contract, '--legacy-refresh-key', file)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Added the legacy key [\w-]+ to \w+; it verifies imported refresh tokens/),
  });
}

/** The printed lines without the duration. */
function linesWithoutDuration(stdout: string): readonly string[] {
  return stdout.replace(/ in \d+\.\d s \(\d+ rows\/s\)/, '').split('\n');
}

test('import refuses a row with a subject id that URLs cannot contain', async ({ place }) => {
  const file = write(place, [subjectRow('.'), subjectRow('..'), subjectRow('\ud800'), subjectRow('...')]);
  const ended = await place.refract('import', file);
  const why = 'its id or a detail is too long or malformed, or its id is empty, "." or ".."';
  expect(ended.stderr.split('\n').slice(0, 3)).toEqual([1, 2, 3].map((line) => `line ${String(line)}: ${why}`));
  expect([ended.code, ended.stdout]).toEqual([1, expect.stringMatching(/^subjects: 1 imported, /)]);
});

describe('2000 rows with invalid ones between', () => {
  const wrong = original('u7', {}, 'the secret of a key that was never imported');
  const bad: readonly (readonly [row: object | string, problem: string])[] = [
    ['{"kind":"session","refreshToken":"secret', 'it is not JSON in UTF-8'],
    ['[]', 'it is not a JSON object'],
    [{ kind: 'token' }, 'its kind is neither "subject" nor "session"'],
    [{ kind: 'subject' }, 'its id is missing'],
    [subjectRow('x'.repeat(256)), 'its id or a detail is too long or malformed, or its id is empty, "." or ".."'],
    [subjectRow('u1', { disabled: 'no' }), 'its disabled is neither true nor false'],
    [
      sessionRow('u1', original('u1'), { email: 'x' }),
      'it has an unknown member; use kind, contract, subjectId, label, createdAt, expiresAt, refreshToken',
    ],
    [
      sessionRow('u1', original('u1'), { contract: 'other' }),
      'its contract is unknown; use cloudreve, fib, kirjaswappi, orillion, xerial',
    ],
    [
      sessionRow('u1', original('u1'), { createdAt: now * 1_000 }),
      'its createdAt is not a whole number of seconds since 1970',
    ],
    [sessionRow('u1', original('u1'), { createdAt: now + 9_000 }), 'it was created in the future'],
    [sessionRow('u7', wrong), 'no legacy key of its contract verifies its refresh token'],
    [
      sessionRow('u7', withSegment(original('u7'), 0, segment({ alg: 'none', typ: 'JWT' }))),
      'no legacy key of its contract verifies its refresh token',
    ],
    [sessionRow('u2', original('u1')), 'its refresh token names another subject than its subjectId'],
    [sessionRow('u1', original('u1', { exp: 'soon' })), 'the times in its refresh token are not in seconds'],
    [sessionRow('u1', original('u1', { big: 'x'.repeat(4_000) })), 'its refresh token is too long'],
    [sessionRow('unknown'), 'its subjectId is unknown: a subject must precede its sessions'],
    [subjectRow('u1', { email: 'x'.repeat(20_000) }), 'it is too long'],
  ];
  const goodSubjects = Array.from({ length: 900 }, (_, index) =>
    subjectRow(`u${String(index)}`, { email: `u${String(index)}@example.com`, account: null, disabled: index === 5 }),
  );
  const goodSessions = Array.from({ length: 1_083 }, (_, index) => {
    const id = `u${String(index % 900)}`;
    return sessionRow(id, original(id, { jti: String(index) }), { label: index % 2 === 0 ? 'laptop' : null });
  });
  const rows: (object | string)[] = [...goodSubjects, ...goodSessions];
  /** The line of each invalid row, as an editor counts it, and its problem. */
  const problems: [line: number, problem: string][] = [];
  for (const [index, [row, problem]] of bad.entries()) {
    rows.splice(60 + index * 110, 0, row);
    problems.push([61 + index * 110, problem]);
  }
  const complaints = problems.map(([line, problem]) => `line ${String(line)}: ${problem}\n`).join('');
  const summary = (first: readonly [number, number], second: readonly [number, number]) => [
    `subjects: ${String(first[0])} imported, ${String(first[1])} already present`,
    `sessions: ${String(second[0])} imported, ${String(second[1])} already present, 0 expired`,
    `2000 rows, ${String(bad.length)} of them invalid,`,
    '',
  ];

  test('import of 2000 rows lists invalid ones, and a repetition changes nothing', async ({ place }) => {
    expect(rows).toHaveLength(2_000);
    await importLegacyKey(place);
    const file = write(place, rows);
    const dry = await place.refract('import', file, '--dry-run');
    expect([dry.code, dry.stderr]).toEqual([
      1,
      `${complaints}refract: 17 invalid rows; standard error lists each of them.\n`,
    ]);
    expect(connectTo(place.database).prepare('SELECT count(*) FROM subject').pluck().get()).toBe(0);

    const first = await place.refract('import', file);
    expect([first.code, first.stderr]).toEqual([dry.code, dry.stderr]);
    expect(linesWithoutDuration(first.stdout)).toEqual(summary([900, 0], [1_083, 0]));
    expect(linesWithoutDuration(dry.stdout)).toEqual(
      linesWithoutDuration(first.stdout.replaceAll(' imported', ' would be imported')),
    );
    const state = importedState(place.database);

    const second = await place.refract('import', file);
    expect(second).toMatchObject({ code: 1, stderr: first.stderr });
    expect(linesWithoutDuration(second.stdout)).toEqual(summary([0, 900], [0, 1_083]));
    expect(importedState(place.database)).toEqual(state);
  });
});

test('a second import keeps sessions and subjects that changed since the first', async ({ place }) => {
  await importLegacyKey(place);
  const ids = ['refreshed', 'revoked', 'changed', 'disabled', 'removed', 'enabled'];
  const file = write(place, [
    ...ids.map((id) => subjectRow(id, { email: `${id}@example.com`, disabled: id === 'enabled' })),
    ...ids.map((id) => sessionRow(id)),
  ]);
  expect((await place.refract('import', file)).code).toBe(0);
  const serving = await place.serve('--only', 'xerial');
  const successor = await refresh(serving.origin, 'xerial', original('refreshed'));
  await place.inside(async ({ administration, store }) => {
    const caller = { actor: 'test' };
    const [session] = await store.listSessions({ subjectId: 'revoked' });
    await administration.revokeSession(session?.id ?? '', caller);
    await administration.putSubject(
      'changed',
      { email: 'new@example.com', account: undefined, role: undefined },
      caller,
    );
    await administration.changeSubject('disabled', 'disable', caller);
    await administration.changeSubject('enabled', 'enable', caller);
    await administration.changeSubject('removed', 'delete', caller);
  });
  const state = importedState(place.database);
  expect(linesWithoutDuration((await place.refract('import', file)).stdout)).toEqual([
    'subjects: 0 imported, 6 already present (4 of them differ from the file)',
    'sessions: 0 imported, 6 already present, 0 expired',
    '12 rows, 0 of them invalid,',
    '',
  ]);
  expect(importedState(place.database)).toEqual(state);
  expect(claimsOf(await refresh(serving.origin, 'xerial', successor))['gen']).toBe(2);
  for (const id of ['revoked', 'disabled', 'removed']) {
    expect(await send(serving.origin, 'xerial', original(id)), id).toMatchObject({ status: 401 });
  }
  await refresh(serving.origin, 'xerial', original('enabled'));
});

test('a running server refreshes imported sessions, each in its contract alone', async ({ place }) => {
  await importLegacyKey(place);
  await importLegacyKey(place, 'kirjaswappi', 'the secret of another original server');
  const serving = await place.serve();
  const foreign = original('bob', {}, 'the secret of another original server');
  const file = write(place, [
    subjectRow('bob', { role: 'ADMIN' }),
    sessionRow('bob'),
    sessionRow('bob', foreign, { contract: 'kirjaswappi' }),
  ]);
  expect(await place.refract('import', file)).toMatchObject({ code: 0, stderr: '' });
  const successor = await refresh(serving.origin, 'xerial', original('bob'));
  expect(claimsOf(successor)).toMatchObject({ sub: 'bob', gen: 1 });
  expect(await refresh(serving.origin, 'xerial', original('bob')), 'repeated').toBe(successor);
  for (let times = 0; times < 2; times += 1) {
    expect(await send(serving.origin, 'kirjaswappi', foreign)).toMatchObject({ status: 200 });
  }
  expect(await send(serving.origin, 'xerial', foreign)).toMatchObject({ status: 401 });
  expect(await send(serving.origin, 'kirjaswappi', original('bob'))).toMatchObject({ status: 401 });
});

test('import reads times from row, token or contract, and skips expired sessions', async ({ place }) => {
  await importLegacyKey(place);
  const lasting = now + 9_000_000;
  const file = write(place, [
    ...['given', 'token', 'contract', 'lasting', 'none', 'over', 'ended'].map((id) => subjectRow(id)),
    sessionRow('given', original('given'), { createdAt: now - 9_000, expiresAt: now + 9_000, label: 'phone' }),
    sessionRow('token', original('token', { iat: now - 500.5, exp: now + 86_400.9 })),
    sessionRow('contract', original('contract', { iat: undefined, exp: undefined }), { createdAt: now - 900 }),
    sessionRow('lasting', original('lasting', { exp: lasting })),
    sessionRow('none', original('none', { sub: undefined })),
    sessionRow('over', original('over', { exp: now - 1 })),
    sessionRow('ended', original('ended'), { expiresAt: now - 1 }),
  ]);
  expect(linesWithoutDuration((await place.refract('import', file)).stdout)[1]).toBe(
    'sessions: 5 imported, 0 already present, 2 expired',
  );
  const rows = connectTo(place.database)
    .prepare(
      `SELECT subject_id, created_at, session.expires_at, imported_token.expires_at, label
         FROM session JOIN imported_token ON session_id = session.id ORDER BY subject_id`,
    )
    .raw()
    .all();
  const lifetime = 7_776_000;
  expect(rows).toEqual([
    ['contract', now - 900, now - 900 + lifetime, now - 900 + lifetime, null],
    ['given', now - 9_000, now + 9_000, now + 86_400, 'phone'],
    ['lasting', now - 500, lasting, lasting, null],
    ['none', now - 500, now - 500 + lifetime, now + 86_400, null],
    ['token', now - 501, now - 501 + lifetime, now + 86_400, null],
  ]);
});

test('import reads standard input, and writes an audit event without a token', async ({ place }) => {
  await importLegacyKey(place);
  const token = original('bob');
  const input = linesOfRows([subjectRow('bob'), '', sessionRow('bob', token), '  ']);
  const { code, stdout, stderr } = await place.refractWith({ input }, 'import', '-');
  expect([code, stderr, linesWithoutDuration(stdout).at(-2)]).toEqual([0, '', '2 rows, 0 of them invalid,']);
  expect((await place.refract('audit')).stdout).toMatch(/ imported +1 subjects, 1 sessions .* cli /);
  const bytes: Buffer[] = [];
  for await (const chunk of createReadStream(place.database)) bytes.push(chunk as Buffer);
  expect(Buffer.concat(bytes).includes(token.split('.')[2] ?? token)).toBe(false);
});

test('import refuses a folder', async ({ place }) => {
  expect(await place.refract('import', '.')).toMatchObject({ code: 1, stderr: expect.stringContaining('EISDIR') });
});
