// refract backup and refract restore as an operator runs them, also while a server is under load.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Place } from '../shared/cli.ts';
import { connectTo } from '../shared/database.ts';
import { refresh, send, type ContractName } from '../shared/refreshing.ts';
import { claimsOf } from '../shared/tokens.ts';

const rotating = ['cloudreve', 'fib', 'orillion', 'xerial'] as const;

interface Chain {
  readonly contract: ContractName;
  token: string;
}

/** A new session of `bob`, of each contract in turn. */
function signIn(place: Place, count: number): Promise<Chain[]> {
  return place.inside(async ({ store, issue }) => {
    await store.putSubject('bob', noDetails);
    const chains: Chain[] = [];
    for (let index = 0; index < count; index += 1) {
      const contract = rotating[index % rotating.length] ?? 'fib';
      const issued = await issue(contract, 'bob');
      if (issued.kind === 'refused') throw new Error(issued.refusal);
      chains.push({ contract, token: issued.grant.refresh.token });
    }
    return chains;
  });
}

function claim(token: string, name: string): number {
  return Number(claimsOf(token)[name]);
}

test('a backup taken while 16 chains refresh is a database in which each goes on with its newest token', async ({
  place,
}) => {
  const chains = await signIn(place, 16);
  const serving = await place.serve();
  const file = join(place.folder, 'backup');
  let backedUpAt = Number.POSITIVE_INFINITY;
  const refreshing = chains.map(async (chain) => {
    // On, until what the backup has of it is at least a second old.
    while (claim(chain.token, 'iat') <= backedUpAt + 1) {
      chain.token = await refresh(serving.origin, chain.contract, chain.token);
    }
  });
  const least = () => Math.min(...chains.map(({ token }) => claim(token, 'gen')));
  await expect.poll(least, { timeout: 30_000 }).toBeGreaterThan(2);
  const { code, stdout, stderr } = await place.refract('backup', file);
  backedUpAt = Math.floor(Date.now() / 1_000);
  await Promise.all(refreshing);
  expect((await serving.stop()).code).toBe(0);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/ holds 16 sessions, 1 subject and 5 key sets\.\nThe master secret .* is not in it: /);

  const generations = connectTo(file).prepare('SELECT generation FROM session').pluck().all();
  expect(generations.filter((generation) => Number(generation) > 2)).toHaveLength(16);

  const elsewhere = join(place.folder, 'elsewhere', 'refract.db');
  expect(await place.refract('restore', file, '--db', elsewhere)).toMatchObject({ code: 0, stderr: '' });
  const environment = { REFRACT_MASTER_SECRET_FILE: join(place.folder, 'master.key') };
  const restored = await place.serveWith({ environment }, '--db', elsewhere);
  for (const { contract, token } of chains) {
    const successor = await refresh(restored.origin, contract, token);
    expect(claim(successor, 'gen'), contract).toBe(claim(token, 'gen') + 1);
    await refresh(restored.origin, contract, successor);
  }
  // Each of them was ahead of the backup, or this would have shown nothing.
  expect((await restored.stop()).stderr.match(/"type":"store_behind"/g)).toHaveLength(16);
});

test('a restore is refused while a server runs, and says what it would forget before it does anything', async ({
  place,
}) => {
  const [chain, other] = await signIn(place, 2);
  if (chain === undefined || other === undefined) throw new Error('nobody is signed in');
  const file = join(place.folder, 'backup');
  expect(await place.refract('backup', file)).toMatchObject({ code: 0 });
  const serving = await place.serve();
  const environment = { REFRACT_BUSY_TIMEOUT: '50' };
  const { stdout, stderr, code } = await place.refractWith({ environment }, 'restore', file, '--forget');
  expect({ stdout, stderr, code }).toEqual({
    code: 1,
    stdout: '',
    stderr: `refract: ${place.database} is in use: stop the server and other users of the file, or restore elsewhere with --db.\n`,
  });
  await refresh(serving.origin, chain.contract, chain.token);
  const id = String(claimsOf(chain.token)['sid']);
  await place.refract('revoke', id);
  await serving.stop();

  const refused = await place.refract('restore', file);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(`  sessions revoked: 1 (${id})\n  subjects disabled: 0\n`);
  expect(refused.stderr).toMatch(/^refract: Nothing was restored: .* with --take-over \(the one to choose\), .*\.\n$/);
  const restored = await place.refract('restore', file, '--take-over');
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  const [, keptAs = ''] =
    /^What it replaced is kept as (.+); remove it when all is well\.$/m.exec(restored.stdout) ?? [];
  expect(existsSync(keptAs)).toBe(true);

  const again = await place.serve();
  expect(await send(again.origin, 'cloudreve', chain.token)).toMatchObject({ body: expect.stringContaining('40020') });
  await refresh(again.origin, other.contract, other.token);
  await again.stop();
  // What was kept can be restored in turn.
  expect(await place.refract('restore', keptAs, '--forget')).toMatchObject({ code: 0, stderr: '' });
});

describe('what cannot be done is said in one sentence, and no file is left', () => {
  test.for<[args: readonly string[], sentence: RegExp]>([
    [['backup', 'there', '--db', 'there'], /^there exists and is not overwritten; choose another name\.$/],
    [['backup', 'no/where', '--db', 'there'], /^The backup no\/where cannot be written: ENOENT.*\.$/],
    [['backup', 'new', '--db', 'none.db'], /^There is no database none\.db to back up\.$/],
    [['backup', 'new', '--db', 'there'], /^The database there cannot be backed up to new: file is not a database\.$/],
    [['restore', 'none'], /^There is no backup none\.$/],
    [['restore', 'there', '--db', 'new'], /^there is no backup of Refract\.$/],
    [['restore', '.', '--db', 'new'], /^\. is not a file\.$/],
  ])('%s', async ([args, sentence], { place }) => {
    writeFileSync(join(place.folder, 'there'), 'Dear diary, '.repeat(1_000));
    const { code, stdout, stderr } = await place.refract(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^refract: [^\n]+\n$/);
    expect(
      stderr.replaceAll(`${place.folder}/`, '').replace(place.folder, '.').slice('refract: '.length).trimEnd(),
    ).toMatch(sentence);
    expect(readdirSync(place.folder)).toEqual(['there']);
    expect(readFileSync(join(place.folder, 'there'), 'utf8')).toMatch(/^Dear diary/);
  });
});
