// refract copy: its output, its refusals, and that it can be killed at any moment.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Place } from '../shared/cli.ts';
import { createEmptyDatabase } from '../shared/databases.ts';
import { change } from '../shared/database.ts';

/** Creates a database with sessions that a server issued, and many others. */
async function filled(place: Place, many: number): Promise<void> {
  await place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    for (const contract of ['fib', 'xerial']) await issue(contract, 'bob');
  });
  change(
    place.database,
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${String(many)})
     INSERT INTO session SELECT 'many ' || n, 'fib', 'single-use', 'bob', 'v', 0, 1, 'k', 1, 2000000000, NULL, NULL, NULL FROM numbers`,
  );
}

test('copy prints passes, fence and verified tables, never the password', async ({ place }) => {
  await filled(place, 100);
  const url = await createEmptyDatabase();
  const { code, stdout, stderr } = await place.refract('copy', '--from', `sqlite:${place.database}`, '--to', url);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).not.toContain(new URL(url).password);
  const target = `${new URL(url).pathname.slice(1)} at ${new URL(url).host}`;
  expect(stdout.split('\n')).toEqual([
    `Copying ${place.database} to ${target}`,
    expect.stringMatching(
      /^pass 1: 103 rows written, 0 removed \(of subject 1, session 102, imported_token 0, key_set 5, .*\) in [\d.]+ s$/,
    ),
    expect.stringMatching(/^last pass: 0 rows written, 0 removed .* was locked for [\d.]+ s and is closed now$/),
    expect.stringMatching(/is open, [\d.]+ s later$/),
    '',
    expect.stringMatching(/^verified +rows on both sides +SHA-256 on both sides$/),
    expect.stringMatching(/^subject +1 +[0-9a-f]{64}$/),
    expect.stringMatching(/^session +102 +[0-9a-f]{64}$/),
    expect.stringMatching(/^imported_token +0 +[0-9a-f]{64}$/),
    expect.stringMatching(/^key_set +5 +[0-9a-f]{64}$/),
    '',
    expect.stringMatching(/^Copied every row, and \d+ audit events\.$/),
    'The keys are still sealed under the same master secret; give it to the servers of the new database.',
    '',
  ]);
  expect(await place.refract('copy', '--from', `sqlite:${place.database}`, '--to', url)).toEqual({
    code: 0,
    stderr: '',
    stdout: `Copying ${place.database} to ${target}\nAn earlier run completed this copy.\n`,
  });
  const serving = await place.refract('serve');
  expect(serving).toMatchObject({ code: 1, stdout: '' });
  expect(serving.stderr).toMatch(
    /^refract: \S+ was copied to .* and is closed; use that one, with the same master secret\.\n$/,
  );
});

test('copy completes after it was killed at several moments', async ({ place }) => {
  await filled(place, 20_000);
  const back = join(place.folder, 'other.db');
  const command = ['copy', '--from', `sqlite:${place.database}`, '--to', `sqlite:${back}`] as const;
  // At the start, in the middle of the first pass, and after its output of that pass.
  for (const moment of [/^Copying/m, /^Copying/m, /^pass 1/m]) {
    const started = place.running({}, ...command);
    await started.prints(moment);
    started.kill('SIGKILL');
    await started.ended;
  }
  const { code, stdout } = await place.refract(...command);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^(session +20002 +[0-9a-f]{64}|An earlier run completed this copy\.)$/m);
  const sessions = await place.refract('sessions', '--contract', 'xerial', '--db', back);
  expect(sessions.stdout).toMatch(/ bob /);
});

describe('copy refuses in one sentence', () => {
  test('copy refuses an unknown kind of address without repeating it', async ({ place }) => {
    for (const address of ['mysql://root:secret-word@host/db', 'sqlite:', 'postgres://', 'refract.db']) {
      const ended = await place.refract('copy', '--from', address, '--to', 'sqlite:b.db');
      expect(ended).toEqual({
        code: 2,
        stdout: '',
        stderr:
          'refract: --from must be sqlite:FILE, or an address such as postgres://refract@127.0.0.1:5432/refract.\n',
      });
    }
  });

  test('copy refuses a missing file and a server that does not respond', async ({ place, onTestFinished }) => {
    const closed = createServer();
    onTestFinished(() => void closed.close());
    const port = await new Promise<number>((resolve) => {
      closed.listen(0, '127.0.0.1', () => {
        const address = closed.address();
        closed.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
      });
    });
    const unreachable = `postgres://refract:secret-word@127.0.0.1:${String(port)}/refract`;
    expect(await place.refract('copy', '--from', `sqlite:${place.database}`, '--to', unreachable)).toEqual({
      code: 1,
      stdout: '',
      stderr: `refract: There is no database ${place.database} to copy.\n`,
    });
    await filled(place, 1);
    const ended = await place.refract('copy', '--from', `sqlite:${place.database}`, '--to', unreachable);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^refract: The database refract at 127\.0\.0\.1:\d+ cannot be used: .*ECONNREFUSED.*\.\n$/,
    );
    expect(ended.stderr).not.toContain('secret-word');
    expect(await place.refract('sessions')).toMatchObject({ code: 0 });
  });
});
