// Commands change the database of a running server, with immediate effect.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at } from '../shared/at.ts';
import { makePlace, noDetails, type Place, type Serving } from '../shared/cli.ts';
import { refresh, send, type ContractName } from '../shared/refreshing.ts';
import { claimsOf } from '../shared/tokens.ts';
import { json } from '../shared/wire.ts';

let place: Place;
let serving: Serving;

beforeAll(async () => {
  place = makePlace();
  serving = await place.serve();
});
afterAll(() => place.clear());

test('a session is issued, refreshed, listed, revoked and refused beside a server', async () => {
  await done('subject', 'add', 'bob');
  const token = await done('issue', '--contract', 'xerial', '--subject', 'bob', '--format', 'tokens');
  const successor = await refresh(serving.origin, 'xerial', token);
  expect(claimsOf(successor)['gen']).toBe(1);

  const id = String(claimsOf(token)['sid']);
  const seen = await done('sessions', '--subject', 'bob', '--format', 'json');
  expect(JSON.parse(seen)).toMatchObject({ id, generation: 1 });
  const columns = (await done('sessions', '--subject', 'bob')).split('\n')[1]?.split(/ {2,}/) ?? [];
  expect(columns.slice(0, 5)).toEqual([id, 'xerial', 'bob', 'single-use', '1']);
  expect(columns[6], 'when it was refreshed').toMatch(/^\d{4}-.*Z$/);

  await done('revoke', id);
  expect(await send(serving.origin, 'xerial', successor)).toMatchObject({ status: 401 });
  expect(await send(serving.origin, 'xerial', token), 'not repeated either').toMatchObject({ status: 401 });
});

test('a disabled subject is refused until it is enabled again, with the same token', async () => {
  const token = await refresh(serving.origin, 'fib', await issue('fib', 'alice'));
  await done('subject', 'disable', 'alice');
  expect(await send(serving.origin, 'fib', token)).toMatchObject({ status: 401 });
  await done('subject', 'enable', 'alice');
  expect(claimsOf(await refresh(serving.origin, 'fib', token))['gen']).toBe(2);
});

test('changed credentials end only the sessions issued before', async () => {
  const before = await issue('orillion', 'carol');
  await done('subject', 'credentials-changed', 'carol');
  expect(await send(serving.origin, 'orillion', before)).toMatchObject({ status: 401 });
  await refresh(serving.origin, 'orillion', await issue('orillion', 'carol'));
});

test('a refresh of a removed subject gets the response for a missing subject', async () => {
  const token = await issue('kirjaswappi', 'dave');
  await refresh(serving.origin, 'kirjaswappi', token);
  await done('subject', 'remove', 'dave');
  expect(await send(serving.origin, 'kirjaswappi', token)).toMatchObject({ status: 404 });
});

describe('all sessions at once', () => {
  test('revoke ends all sessions of a subject in every contract', async () => {
    const [xerial, cloudreve] = [await issue('xerial', 'erin'), await issue('cloudreve', 'erin')];
    await done('revoke', '--subject', 'erin');
    expect(await send(serving.origin, 'xerial', xerial)).toMatchObject({ status: 401 });
    const answer = await send(serving.origin, 'cloudreve', cloudreve);
    expect([answer.status, at(json(answer), 'code')]).toEqual([200, 40020]);
  });

  test('revoke ends all sessions of a contract, and those of another continue', async () => {
    const [fib, orillion] = [await issue('fib', 'frank'), await issue('orillion', 'frank')];
    await done('revoke', '--contract', 'fib');
    expect(await send(serving.origin, 'fib', fib)).toMatchObject({ status: 401 });
    await refresh(serving.origin, 'orillion', orillion);
  });
});

test('the tokens of the next refresh contain the changed details of a subject', async () => {
  const token = await issue('fib', 'grace');
  await done('subject', 'add', 'grace', '--email', 'grace@mail.com');
  const first = await refresh(serving.origin, 'fib', token);
  await done('subject', 'add', 'grace', '--email', 'grace@mail.org');
  const second = await refresh(serving.origin, 'fib', first);
  expect([first, second].map((token) => claimsOf(token)['sub'])).toEqual(['grace@mail.com', 'grace@mail.org']);
});

/** Issues a session to a subject, which is added if missing. @returns the refresh token */
function issue(contract: ContractName, subject: string): Promise<string> {
  return place.inside(async ({ store, issue }) => {
    await store.putSubject(subject, noDetails);
    const issued = await issue(contract, subject);
    if (issued.kind === 'refused') throw new Error(issued.refusal);
    return issued.grant.refresh.token;
  });
}

async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await place.refract(...args);
  expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd();
}
