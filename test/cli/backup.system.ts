// refract backup and refract restore, also while a server is under load.
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

/** Issues a session to `bob` in each contract in turn. */
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

test('backup during refreshes of 16 sessions contains a valid refresh token of each', async ({ place }) => {
  const chains = await signIn(place, 16);
  const serving = await place.serve();
  const file = join(place.folder, 'backup');
  let backedUpAt = Number.POSITIVE_INFINITY;
  const refreshing = chains.map(async (chain) => {
    // Refreshes continue until the backup is at least a second old.
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
  expect(stdout).toMatch(
    /^Backed up to .*: 16 sessions, 1 subject and 5 key sets\.\nThe backup does not contain the master secret /,
  );

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
  // Each session has been refreshed since the backup, as this test needs.
  expect((await restored.stop()).stderr.match(/"type":"store_behind"/g)).toHaveLength(16);
});

test('restore refuses while a server runs, and lists the changes it would undo', async ({ place }) => {
  const [chain, other] = await signIn(place, 2);
  if (chain === undefined || other === undefined) throw new Error('no session was issued');
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
  expect(refused.stderr).toMatch(
    /^refract: Nothing restored: this would undo \d+ revocations?\. --take-over keeps them \(recommended\), --forget discards them\.\n$/,
  );
  const restored = await place.refract('restore', file, '--take-over');
  expect(restored.stdout).toMatch(/^Restored \S+refract\.db: .*sessions?/m);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  const [, keptAs = ''] =
    /^Kept the replaced database as (.+); remove it once the restored one works\.$/m.exec(restored.stdout) ?? [];
  expect(existsSync(keptAs)).toBe(true);

  const again = await place.serve();
  expect(await send(again.origin, 'cloudreve', chain.token)).toMatchObject({ body: expect.stringContaining('40020') });
  await refresh(again.origin, other.contract, other.token);
  await again.stop();
  // The replaced database can be restored in turn.
  expect(await place.refract('restore', keptAs, '--forget')).toMatchObject({ code: 0, stderr: '' });
});

describe('a failing backup or restore prints one sentence and leaves no file', () => {
  test.for<[args: readonly string[], sentence: RegExp]>([
    [['backup', 'there', '--db', 'there'], /^there exists and is not overwritten; choose another name\.$/],
    [['backup', 'no/where', '--db', 'there'], /^The backup no\/where cannot be written: ENOENT.*\.$/],
    [['backup', 'new', '--db', 'none.db'], /^There is no database none\.db to back up\.$/],
    [['backup', 'new', '--db', 'there'], /^The database there cannot be backed up to new: file is not a database\.$/],
    [['restore', 'none'], /^There is no backup none\.$/],
    [['restore', 'there', '--db', 'new'], /^there is no backup of Refract\.$/],
    [['restore', '.', '--db', 'new'], /^\. is not a file\.$/],
  ])('a failing backup or restore prints one sentence: %s', async ([args, sentence], { place }) => {
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
