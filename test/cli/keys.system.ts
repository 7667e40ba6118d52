// refract keys and refract audit on the database of a running server.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noDetails, test, type Place } from '../shared/cli.ts';
import { callFor, refresh, send } from '../shared/refreshing.ts';
import { headerOf } from '../shared/tokens.ts';
import { call } from '../shared/wire.ts';

async function issued(place: Place, contract: 'fib' | 'xerial'): Promise<string> {
  return place.inside(async ({ store, administration }) => {
    await store.putSubject('bob', noDetails);
    return (await administration.issue(contract, 'bob', undefined, { actor: 'test' })).grant.refresh.token;
  });
}

describe('keys', () => {
  test('keys publish, rotate and remove take effect on a running server', async ({ place }) => {
    const serving = await place.serve('--only', 'fib');
    const token = await issued(place, 'fib');
    const published = await place.refract('keys', 'publish', 'fib');
    expect(published).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Published the key set \S+ of fib;/),
    });
    const [, next = ''] = /key set (\S+)/.exec(published.stdout) ?? [];
    expect((await place.refract('keys', 'rotate', 'fib')).stdout).toBe(
      `fib signs with the key set ${next}; tokens signed before stay valid.\n`,
    );
    const listed = (await place.refract('keys', 'list')).stdout;
    const [first = ''] = /^(\S+) +fib +EdDSA +retired /m.exec(listed)?.slice(1) ?? [];
    expect(listed).toMatch(new RegExp(`^${next} +fib +EdDSA +active `, 'm'));
    // The server loads changes every second.
    let current = await refresh(serving.origin, 'fib', token);
    const kid = new RegExp(`^${next} +.* (\\S+) +\\S+ +-$`, 'm').exec(listed)?.[1];
    await expect
      .poll(async () => headerOf((current = await refresh(serving.origin, 'fib', current)))['kid'], { timeout: 10_000 })
      .toBe(kid);
    const refused = await place.refract('keys', 'remove', first);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('are valid until') });
    expect(await place.refract('keys', 'remove', first, '--force')).toMatchObject({ code: 0 });
    await refresh(serving.origin, 'fib', current);
  });

  test('keys compromise replaces keys and revokes all sessions of a running server', async ({ place }) => {
    const serving = await place.serve('--only', 'fib');
    const token = await issued(place, 'fib');
    expect((await place.refract('keys', 'compromise', 'fib')).stdout).toBe(
      'Replaced the key sets of fib, and revoked 1 active session.\n',
    );
    expect((await send(serving.origin, 'fib', token)).status).toBe(401);
    await expect
      .poll(async () => (await call(serving.origin, { method: 'GET', path: '/jwks/fib.json' })).body.match(/"kid"/g), {
        timeout: 10_000,
      })
      .toHaveLength(1);
  });

  test('keys import reads keys of another server from a file, and never prints them', async ({ place }) => {
    const file = join(place.folder, 'their.key');
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    writeFileSync(file, pem);
    const imported = await place.refract('keys', 'import', 'fib', '--access-key', file);
    expect(imported).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Published the key set \S+ of fib/),
    });
    expect(await place.refract('keys', 'import', 'xerial', '--access-key', file)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'refract: The contract signs with HS256, and this key is not a secret.\n',
    });
    const outputs = [imported, await place.refract('keys', 'list'), await place.refract('audit')].map(
      ({ stdout }) => stdout,
    );
    expect(outputs.join('')).not.toContain(pem.split('\n')[1] ?? pem);
    expect(outputs[2]).toMatch(/key_set_added +\S+, brought along +fib/);
    expect(await place.refract('keys', 'import', 'fib', '--access-key', '/nowhere')).toMatchObject({
      code: 1,
      stderr: 'refract: Cannot read the key file /nowhere (ENOENT).\n',
    });
  });
});

test('audit shows refusals of a server and actions on the command line', async ({ place }) => {
  const serving = await place.serve('--only', 'xerial');
  const token = await issued(place, 'xerial');
  await place.refract('revoke', '--subject', 'bob');
  const wanted = callFor('xerial', token);
  expect(
    (await call(serving.origin, { ...wanted, headers: { ...wanted.headers, 'user-agent': 'a test' } })).status,
  ).toBe(401);
  await expect
    .poll(async () => (await place.refract('audit', '--contract', 'xerial', '--format', 'json')).stdout, {
      timeout: 20_000,
      interval: 500,
    })
    .toContain('"type":"refused"');
  const events = (await place.refract('audit', '--format', 'json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events[0]).toMatchObject({
    type: 'refused',
    reason: 'revoked_session',
    address: '127.0.0.1',
    userAgent: 'a test',
  });
  expect(events[1]).toMatchObject({ type: 'revoked', subjectId: 'bob', actor: 'cli' });
  expect((await place.refract('audit', '--limit', '1')).stdout).toMatch(
    /^time +event .*\n\S+ +refused +revoked_session +xerial .*\n$/,
  );
  const kinds = async (...filter: readonly string[]): Promise<readonly unknown[]> =>
    (await place.refract('audit', '--format', 'json', ...filter)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as Record<string, unknown>)['type']);
  expect(await kinds('--type', 'revoked')).toEqual(['revoked']);
  expect(await kinds('--type', 'key_set_added')).toEqual([]);
  expect(await kinds('--since', '2020-01-01')).toHaveLength(events.length);
  const at = Number(events[0]?.['at']);
  expect(await kinds('--since', new Date(at * 1_000).toISOString().replace('.000Z', 'Z'))).toContain('refused');
  expect(await kinds('--since', String(at + 60))).toEqual([]);
});
