// refract sessions, statistics, introspect and revoke: what is remembered and counted, what a token is good for, and what
// is ended, by session, subject and contract.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Ended, type Place } from '../shared/cli.ts';

const headings = 'session contract subject policy generation created last refreshed expires revoked label';

describe('sessions', () => {
  test('prints a table of everything that is remembered of each session, and no token', async ({ place }) => {
    const [bob, alice] = await issueThree(place);
    const table = output(await place.refract('sessions'));
    const [heading = '', ...rows] = table.split('\n');
    expect(heading.split(/ {2,}/).join(' ')).toBe(headings);
    expect(rows).toHaveLength(3);
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    const cells = rows.map((row) => row.split(/ {2,}/)).find(([id]) => id === alice);
    const times = [expect.stringMatching(time), '-', expect.stringMatching(time)];
    expect(cells).toEqual([alice, 'xerial', 'alice', 'single-use', '0', ...times, '-', '-']);
    expect(rows.find((row) => row.startsWith(`${bob} `))).toMatch(/ {2}Bob's phone$/);
    expect(rows.every((row) => row === row.trimEnd() && !row.includes('eyJ'))).toBe(true);
  });

  test('prints an empty table, and no line of JSON, where there is no session', async ({ place }) => {
    expect(
      output(await place.refract('sessions'))
        .split(/ {2,}/)
        .join(' '),
    ).toBe(headings);
    expect(output(await place.refract('sessions', '--format', 'json'))).toBe('');
  });

  test('prints one JSON object a line for programs', async ({ place }) => {
    await issueThree(place);
    const listed = await sessionsOf(place);
    expect(listed).toHaveLength(3);
    for (const session of listed) {
      expect(session).toMatchObject({ id: expect.any(String), generation: 0, policy: expect.any(String) });
      expect(session['expiresAt']).toBeGreaterThan(Number(session['createdAt']));
      expect(JSON.stringify(session)).not.toContain('eyJ');
    }
  });

  test('lists those of a subject, of a contract, and of both', async ({ place }) => {
    const [bobFib, aliceXerial, bobXerial] = await issueThree(place);
    const idsOf = async (...filter: string[]) => (await sessionsOf(place, ...filter)).map(({ id }) => id).sort();
    expect(await idsOf('--subject', 'bob')).toEqual([bobFib, bobXerial].sort());
    expect(await idsOf('--contract', 'xerial')).toEqual([aliceXerial, bobXerial].sort());
    expect(await idsOf('--subject', 'bob', '--contract', 'xerial')).toEqual([bobXerial]);
    expect(await idsOf('--subject', 'carol')).toEqual([]);
    expect(await idsOf('--contract', 'orillion')).toEqual([]);
  });
});

describe('introspect', () => {
  test('tells what a token in a file says while it is active, and of one that is not no more than that', async ({
    place,
  }) => {
    const token = await tokenOf(place);
    const file = join(place.folder, 'token');
    writeFileSync(file, `${token}\n`);
    const told = async (): Promise<unknown> => JSON.parse(output(await place.refract('introspect', file)));
    expect(await told()).toMatchObject({ active: true, use: 'refresh', contract: 'xerial', sub: 'bob' });
    output(await place.refract('revoke', '--subject', 'bob'));
    expect(await told()).toEqual({ active: false });
    writeFileSync(file, 'anything');
    expect(await told()).toEqual({ active: false });
  });

  test('reads standard input', async ({ place }) => {
    const token = await tokenOf(place);
    const piped = await place.refractWith({ input: token }, 'introspect', '-');
    expect(JSON.parse(output(piped))).toMatchObject({ active: true, sub: 'bob' });
  });

  test('a file that is not there, empty or no token at all is told of in one sentence', async ({ place }) => {
    const file = join(place.folder, 'token');
    for (const [text, sentence] of [
      [undefined, `The file ${file} cannot be read (ENOENT).`],
      [' \n', `There is no token in ${file}.`],
      ['a'.repeat(100_000), `There is no token in ${file}.`],
    ] as const) {
      if (text !== undefined) writeFileSync(file, text);
      const ended = await place.refract('introspect', file);
      expect(ended).toEqual({ code: 1, stdout: '', stderr: `refract: ${sentence}\n` });
    }
  });
});

test('statistics counts subjects, and the sessions of each contract by what became of them', async ({ place }) => {
  expect(output(await place.refract('statistics')).split(/ {2,}|\n/)).toEqual([
    ...['contract', 'living', 'revoked', 'expired'],
    '0 subjects',
  ]);
  const [bobFib = ''] = await issueThree(place);
  await place.refract('revoke', bobFib);
  const [, ...lines] = output(await place.refract('statistics')).split('\n');
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ['fib', '0', '1', '0'],
    ['xerial', '2', '0', '0'],
    ['2 subjects'],
  ]);
  expect(JSON.parse(output(await place.refract('statistics', '--format', 'json')))).toEqual({
    subjects: 2,
    contracts: [
      { contract: 'fib', living: 0, revoked: 1, expired: 0 },
      { contract: 'xerial', living: 2, revoked: 0, expired: 0 },
    ],
  });
});

describe('revoke', () => {
  test('ends one session, once', async ({ place }) => {
    const [bob = ''] = await issueThree(place);
    expect(output(await place.refract('revoke', bob))).toBe(`The session ${bob} is revoked.`);
    expect(await revokedOf(place)).toEqual([bob]);
    const row = output(await place.refract('sessions', '--subject', 'bob', '--contract', 'fib'));
    expect(row).toMatch(/ {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ requested {2}Bob's phone$/m);
    for (const id of [bob, 'nope']) {
      expect(await place.refract('revoke', id)).toEqual({
        code: 1,
        stdout: '',
        stderr: `refract: There is no session ${id} to end: it does not exist or was revoked before.\n`,
      });
    }
  });

  test('ends all sessions of a subject and says how many', async ({ place }) => {
    const [bobFib, , bobXerial] = await issueThree(place);
    expect(output(await place.refract('revoke', '--subject', 'bob'))).toBe('2 sessions are revoked.');
    expect(await revokedOf(place)).toEqual([bobFib, bobXerial].sort());
    expect(output(await place.refract('revoke', '--subject', 'bob'))).toBe('0 sessions are revoked.');
    expect(output(await place.refract('revoke', '--subject', 'alice'))).toBe('1 session is revoked.');
    // A slip of the pen must not pass for done.
    expect(await place.refract('revoke', '--subject', 'alcie')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refract: There is no subject alcie.\n',
    });
  });

  test('ends all sessions of a contract and leaves the others', async ({ place }) => {
    const [, aliceXerial, bobXerial] = await issueThree(place);
    expect(output(await place.refract('revoke', '--contract', 'xerial'))).toBe('2 sessions are revoked.');
    expect(await revokedOf(place)).toEqual([aliceXerial, bobXerial].sort());
  });
});

/** Bob's of fib, Alice's and Bob's of xerial; their ids. */
function issueThree(place: Place): Promise<string[]> {
  return place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    await store.putSubject('alice', noDetails);
    const issued = [
      await issue('fib', 'bob', "Bob's phone"),
      await issue('xerial', 'alice'),
      await issue('xerial', 'bob'),
    ];
    return issued.map((each) => (each.kind === 'issued' ? each.session.id : each.refusal));
  });
}

async function sessionsOf(place: Place, ...filter: readonly string[]): Promise<Record<string, unknown>[]> {
  const lines = output(await place.refract('sessions', '--format', 'json', ...filter)).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function revokedOf(place: Place): Promise<unknown[]> {
  const sessions = await place.inside(({ store }) => store.listSessions({}));
  return sessions
    .filter(({ revokedAt }) => revokedAt !== undefined)
    .map(({ id, revokedReason }) => {
      expect(revokedReason).toBe('requested');
      return id;
    })
    .sort();
}

function output({ code, stdout, stderr }: Ended): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd();
}

async function tokenOf(place: Place): Promise<string> {
  output(await place.refract('subject', 'add', 'bob'));
  return output(await place.refract('issue', '--contract', 'xerial', '--subject', 'bob', '--format', 'tokens'));
}
