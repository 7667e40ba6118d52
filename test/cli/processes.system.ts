// Every command as a separate process: it prints the same as inside a test, and exits with nothing left open. Tests of
// the commands themselves mostly run inside the test's process.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { noDetails, test } from '../shared/cli.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

test('every command works as a separate process, and exits', async ({ place }) => {
  const session = await place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    const issued = await issue('xerial', 'bob');
    if (issued.kind === 'refused') throw new Error(issued.refusal);
    return issued.session.id;
  });
  const rows = join(place.folder, 'rows.ndjson');
  writeFileSync(rows, '{"kind":"subject","id":"42","email":null,"account":null,"role":null,"disabled":false}\n');
  const copy = join(place.folder, 'copy.db');
  const lines = [
    [['subject', 'add', 'alice', '--email', 'alice@example.com'], /"alice@example\.com"/],
    [['issue', '--contract', 'fib', '--subject', 'alice'], /"refreshToken"/],
    [['demo', '--only', 'xerial', '--port', '8080'], /curl/],
    [['revoke', session], /^Revoked the session /m],
    [['keys', 'publish', 'fib'], /^Published the key set/],
    [['import', rows], /^subjects: 1 imported/],
    [['purge'], /^Purged/],
    [['doctor'], /^ok /],
    [['backup', copy], /copy\.db/],
    [['restore', copy, '--forget'], /refract\.db/],
  ] as const;
  for (const [line, printed] of lines) {
    const { code, stdout, stderr } = await place.alone(...line);
    expect({ code, stderr }, line.join(' ')).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(printed);
  }
});

test('reading commands print the same in a separate process and in this one', async ({ place }) => {
  await place.inside(async ({ administration }) => {
    await administration.putSubject('bob', { ...noDetails, role: 'ADMIN' }, { actor: 'test' });
    await administration.issue('xerial', 'bob', 'laptop', { actor: 'test' });
  });
  for (const line of [
    ['subject', 'show', 'bob'],
    ['sessions', '--subject', 'bob'],
    ['sessions', '--format', 'json'],
    ['keys', 'list'],
    ['audit'],
    ['statistics'],
    ['statistics', '--format', 'json'],
    ['subject', 'show', 'unknown'],
    ['sessions', '--format', 'yaml'],
  ]) {
    expect(await place.alone(...line), line.join(' ')).toEqual(await place.refract(...line));
  }
});

test('exit codes are 0 for success, 1 for failure and 2 for invalid arguments', async ({ place }) => {
  expect(await place.alone('--help')).toMatchObject({ code: 0, stderr: '' });
  expect(await place.alone('subject', 'show', 'unknown')).toMatchObject({ code: 1, stdout: '' });
  expect(await place.alone('serve', '--port', 'abc')).toMatchObject({ code: 2, stdout: '' });
});

test('a command stops silently when its output is closed', async ({ place }) => {
  await place.inside(({ store }) => store.putSubject('bob', noDetails));
  const issuing = `"$NODE" "$MAIN" issue --contract xerial --subject bob --count 2000 --format tokens`;
  const environment = { NODE: process.execPath, MAIN: main };
  const { code, stdout, stderr } = await place.program('sh', ['-c', `${issuing} | head -n 1`], environment);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/), '']);
});

test('introspect reads a token from standard input', async ({ place }) => {
  const token = await place.inside(async ({ store, administration }) => {
    await store.putSubject('bob', noDetails);
    return (await administration.issue('xerial', 'bob', undefined, { actor: 'test' })).grant.refresh.token;
  });
  const environment = { NODE: process.execPath, MAIN: main, TOKEN: token };
  const piped = await place.program('sh', ['-c', 'printf %s "$TOKEN" | "$NODE" "$MAIN" introspect -'], environment);
  expect(piped).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('"active": true') });
});
