// refract sessions, statistics, introspect and revoke, by session, subject and contract.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Ended, type Place } from '../shared/cli.ts';

const headings = 'session contract subject policy generation created last refreshed expires revoked label';

describe('sessions', () => {
  test('sessions prints a table with all fields of each session, and no token', async ({ place }) => {
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

  test('sessions prints an empty table, and no JSON, without sessions', async ({ place }) => {
    expect(
      output(await place.refract('sessions'))
        .split(/ {2,}/)
        .join(' '),
    ).toBe(headings);
    expect(output(await place.refract('sessions', '--format', 'json'))).toBe('');
  });

  test('sessions --format json prints one JSON object a line', async ({ place }) => {
    await issueThree(place);
    const listed = await sessionsOf(place);
    expect(listed).toHaveLength(3);
    for (const session of listed) {
      expect(session).toMatchObject({ id: expect.any(String), generation: 0, policy: expect.any(String) });
      expect(session['expiresAt']).toBeGreaterThan(Number(session['createdAt']));
      expect(JSON.stringify(session)).not.toContain('eyJ');
    }
  });

  test('sessions filters by subject, by contract and by both', async ({ place }) => {
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
  test('introspect prints the claims of an active token in a file, and of no other', async ({ place }) => {
    const token = await tokenOf(place);
    const file = join(place.folder, 'token');
    writeFileSync(file, `${token}\n`);
    const introspect = async (): Promise<unknown> => JSON.parse(output(await place.refract('introspect', file)));
    expect(await introspect()).toMatchObject({ active: true, use: 'refresh', contract: 'xerial', sub: 'bob' });
    output(await place.refract('revoke', '--subject', 'bob'));
    expect(await introspect()).toEqual({ active: false });
    writeFileSync(file, 'anything');
    expect(await introspect()).toEqual({ active: false });
  });

  test('introspect reads standard input', async ({ place }) => {
    const token = await tokenOf(place);
    const piped = await place.refractWith({ input: token }, 'introspect', '-');
    expect(JSON.parse(output(piped))).toMatchObject({ active: true, sub: 'bob' });
  });

  test('introspect refuses a missing, empty or invalid file in one sentence', async ({ place }) => {
    const file = join(place.folder, 'token');
    for (const [text, sentence] of [
      [undefined, `Cannot read the file ${file} (ENOENT).`],
      [' \n', `There is no token in ${file}.`],
      ['a'.repeat(100_000), `There is no token in ${file}.`],
    ] as const) {
      if (text !== undefined) writeFileSync(file, text);
      const ended = await place.refract('introspect', file);
      expect(ended).toEqual({ code: 1, stdout: '', stderr: `refract: ${sentence}\n` });
    }
  });
});

test('statistics counts subjects, and sessions of each contract by state', async ({ place }) => {
  expect(output(await place.refract('statistics')).split(/ {2,}|\n/)).toEqual([
    ...['contract', 'active', 'revoked', 'expired'],
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
  test('revoke ends one session, once', async ({ place }) => {
    const [bob = ''] = await issueThree(place);
    expect(output(await place.refract('revoke', bob))).toBe(`Revoked the session ${bob}.`);
    expect(await revokedOf(place)).toEqual([bob]);
    const row = output(await place.refract('sessions', '--subject', 'bob', '--contract', 'fib'));
    expect(row).toMatch(/ {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ requested {2}Bob's phone$/m);
    for (const id of [bob, 'nope']) {
      expect(await place.refract('revoke', id)).toEqual({
        code: 1,
        stdout: '',
        stderr: `refract: There is no active session ${id}; refract sessions lists all.\n`,
      });
    }
  });

  test('revoke ends all sessions of a subject and prints their number', async ({ place }) => {
    const [bobFib, , bobXerial] = await issueThree(place);
    expect(output(await place.refract('revoke', '--subject', 'bob'))).toBe('Revoked 2 sessions.');
    expect(await revokedOf(place)).toEqual([bobFib, bobXerial].sort());
    expect(output(await place.refract('revoke', '--subject', 'bob'))).toBe('Revoked 0 sessions.');
    expect(output(await place.refract('revoke', '--subject', 'alice'))).toBe('Revoked 1 session.');
    // A typing error must not look like success.
    expect(await place.refract('revoke', '--subject', 'alcie')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refract: There is no subject alcie.\n',
    });
  });

  test('revoke ends all sessions of a contract and leaves the others', async ({ place }) => {
    const [, aliceXerial, bobXerial] = await issueThree(place);
    expect(output(await place.refract('revoke', '--contract', 'xerial'))).toBe('Revoked 2 sessions.');
    expect(await revokedOf(place)).toEqual([aliceXerial, bobXerial].sort());
  });
});

/** Issues sessions to Bob in fib, and to Alice and Bob in xerial. @returns their ids */
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
