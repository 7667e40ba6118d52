// refract issue: new sessions, in the shape that the contract's clients expect.
import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { Session } from '../../src/engine/session.ts';
import { loadDocument, openapiFolder } from '../../src/http/documents.ts';
import { misfit } from '../openapi/schema.ts';
import { noDetails, test, type Ended, type Place } from '../shared/cli.ts';
import { accessTokenIn, contracts, refreshTokenIn } from '../shared/refreshing.ts';
import { claimsOf } from '../shared/tokens.ts';

describe('issue', () => {
  test('issue prints the tokens of a new session in the form of the contract', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    for (const contract of contracts) {
      const printed = output(await place.refract('issue', '--contract', contract, '--subject', 'bob'));
      expect(printed.split('\n').length, 'indented for a reader').toBeGreaterThan(3);
      const body: unknown = JSON.parse(printed);
      if (contract === 'kirjaswappi') {
        // Its published response has no field for the refresh token that a sign-in needs.
        expect(Object.keys(body as object)).toEqual(['jwtToken', 'refreshToken']);
      } else {
        const [operation] = loadDocument(`${openapiFolder}/${contract}.yaml`).operations;
        expect(misfit(operation?.responses.get(200)?.schema, body)).toBeUndefined();
      }
      const { sid, gen } = claimsOf(refreshTokenIn(contract, body));
      expect(gen).toBe(0);
      expect(claimsOf(accessTokenIn(contract, body))['sid']).toBe(sid);
    }
  });

  test('issue --count prints one session a line', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    const lines = linesOf(await place.refract('issue', '--contract', 'xerial', '--subject', 'bob', '--count', '3'));
    const sessions = lines.map((line) => claimsOf(refreshTokenIn('xerial', JSON.parse(line)))['sid']);
    expect([lines.length, new Set(sessions).size]).toEqual([3, 3]);
    expect((await listed(place)).map(({ id }) => id).sort()).toEqual([...sessions].sort());
  });

  test('issue --format tokens prints refresh tokens alone, also of several commits', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    const args = ['--contract', 'cloudreve', '--subject', 'bob', '--format', 'tokens'];
    const many = linesOf(await place.refract('issue', ...args, '--count', '300'));
    const [one = '', ...others] = linesOf(await place.refract('issue', ...args));
    expect([many.length, others]).toEqual([300, []]);
    const tokens = [...many, one];
    expect(tokens.every((token) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token))).toBe(true);
    const sessions = new Set(tokens.map((token) => claimsOf(token)['sid']));
    expect(sessions.size).toBe(301);
    expect(new Set((await listed(place)).map(({ id }) => id))).toEqual(sessions);
  });

  test('issue accepts labels of the same length as the admin contract', async ({ place }) => {
    await place.refract('subject', 'add', 'bob');
    const issue = (label: string) =>
      place.refract('issue', '--contract', 'fib', '--subject', 'bob', '--format', 'tokens', '--label', label);
    expect(await issue('\u{1f600}'.repeat(200))).toMatchObject({ code: 0 });
    expect(await issue('a'.repeat(201))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refract: The label of a session may have at most 200 characters, not 201.\n',
    });
    expect(await listed(place)).toHaveLength(1);
  });

  test('issue stores the label of a session', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    const label = `Bob's phone, "new"`;
    output(await place.refract('issue', '--contract', 'fib', '--subject', 'bob', '--label', label));
    expect(await listed(place)).toMatchObject([{ contract: 'fib', subjectId: 'bob', generation: 0, label }]);
  });

  test('issue refuses a missing, removed or disabled subject, with advice', async ({ place }) => {
    const issuing = () => place.refract('issue', '--contract', 'fib', '--subject', 'bob');
    const missing = failed('There is no subject bob; add it with: refract subject add bob');
    expect(await issuing()).toEqual(missing);
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    await place.inside(({ store }) => store.disableSubject('bob'));
    expect(await issuing()).toEqual(failed('The subject bob is disabled; enable it with: refract subject enable bob'));
    await place.inside(({ store }) => store.deleteSubject('bob'));
    expect(await issuing()).toEqual(missing);
    expect(await listed(place)).toEqual([]);
  });

  test('issue refuses an unknown contract before it opens the database', async ({ place }) => {
    const there = 'there are cloudreve, fib, kirjaswappi, orillion, xerial.';
    for (const args of [
      ['issue', '--subject', 'bob', '--contract', 'nope'],
      ['revoke', '--contract', 'nope'],
      ['sessions', '--contract', 'nope'],
      ['serve', '--only', 'nope'],
      ['demo', '--port', '1', '--only', 'nope'],
    ]) {
      expect(await place.refract(...args), args.join(' ')).toEqual(failed(`There is no contract nope; ${there}`));
    }
    expect(existsSync(place.database)).toBe(false);
  });

  test('issue has issued exactly the printed sessions when the database becomes locked', async ({ place }) => {
    await place.inside(({ store }) => store.putSubject('bob', noDetails));
    const args = ['--contract', 'xerial', '--subject', 'bob', '--format', 'tokens', '--count', '1000000'];
    const issuing = place.started({ environment: { REFRACT_BUSY_TIMEOUT: '0' } }, 'issue', ...args);
    await issuing.prints(/\n/);
    const writer = new Database(place.database, { timeout: 60_000 });
    writer.exec('BEGIN IMMEDIATE');
    const { code, stdout, stderr } = await issuing.ended;
    writer.close();
    const printed = stdout.trimEnd().split('\n');
    const progress = `only the ${printed.length} printed sessions were issued.`;
    expect({ code, stderr }).toEqual(
      failure(`The database is unavailable: SQLite: database is locked (SQLITE_BUSY); ${progress}`),
    );
    expect(new Set(printed.map((token) => claimsOf(token)['sid']))).toEqual(
      new Set((await listed(place)).map(({ id }) => id)),
    );
  });
});

function output({ code, stdout, stderr }: Ended): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd();
}

function linesOf(ended: Ended): string[] {
  return output(ended).split('\n');
}

function failed(sentence: string): Ended {
  return { stdout: '', ...failure(sentence) };
}

function failure(sentence: string): Omit<Ended, 'stdout'> {
  return { code: 1, stderr: `refract: ${sentence}\n` };
}

function listed(place: Place): Promise<readonly Session[]> {
  return place.inside(({ store }) => store.listSessions({}));
}
