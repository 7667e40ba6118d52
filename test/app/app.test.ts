// The composition root: servers start, fail with one sentence, and stop in order.
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isForeseen } from '../../src/errors.ts';
import { compose } from '../../src/app/app.ts';
import { loadContracts } from '../../src/app/contracts.ts';
import type { ComposeOptions, Refract } from '../../src/app/refract.ts';
import { readConfig, type Config } from '../../src/config.ts';
import type { PublishingSigner } from '../../src/signer/signer.ts';
import { noDetails } from '../shared/cli.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { callFor, isGranted, refresh, send } from '../shared/refreshing.ts';
import { acceptsNoMore, call } from '../shared/wire.ts';

const contracts = await loadContracts();

test('two servers on one database share their sessions', async () => {
  const database = join(temporaryFolder(), 'r.db');
  const [one, other] = [await composed(database), await composed(database)];
  const [here, there] = [await one.listen(), await other.listen()];
  await one.store.putSubject('bob', noDetails);
  const { token, session } = await issued(one, 'xerial');
  const successor = await refresh(here, 'xerial', await refresh(there, 'xerial', token));
  expect(await other.store.revoke(session, 'requested')).toBe(true);
  expect(await send(here, 'xerial', successor)).toMatchObject({ status: 401 });
});

test('close() responds to requests in flight before the store closes, also twice', async () => {
  const database = join(temporaryFolder(), 'r.db');
  const gate = Promise.withResolvers<undefined>();
  const asked = Promise.withResolvers<undefined>();
  let isGated = false;
  const refract = await composed(database, {
    wrapSigner: (signer: PublishingSigner) => ({
      ...signer,
      sign: async (...args) => {
        if (isGated) {
          asked.resolve(undefined);
          await gate.promise;
        }
        return signer.sign(...args);
      },
    }),
  });
  const origin = await refract.listen();
  await refract.store.putSubject('bob', noDetails);
  const { token } = await issued(refract, 'fib');
  isGated = true;
  const answer = send(origin, 'fib', token);
  await asked.promise;
  const closed = refract.close();
  await acceptsNoMore(origin);
  gate.resolve(undefined);
  expect(isGranted('fib', await answer)).toBe(true);
  await closed;
  await refract.close();
  expectClosed(database);
});

test('compose() fails with one sentence and leaves nothing open', async () => {
  const folder = temporaryFolder();
  const database = join(folder, 'r.db');
  const first = await composed(database);
  await first.listen();
  await first.close();
  const another = { REFRACT_MASTER_SECRET: 'another secret of more than 32 characters' };
  const locked = await compose(configFor(database, another), contracts);
  await expectRefusal(locked.listen(), /^The master secret does not open/);
  await locked.close();
  expectClosed(database);

  const misfit = { REFRACT_KIRJASWAPPI_POLICY: 'reusable' };
  const unmade = join(folder, 'unmade.db');
  await expectRefusal(compose(configFor(unmade, misfit), contracts), /^kirjaswappi: the policy reusable/);
  expect(existsSync(unmade)).toBe(false);
});

test('listen() rejects with the error of the system for a port in use', async () => {
  const database = join(temporaryFolder(), 'r.db');
  const taken = createServer();
  onTestFinished(() => {
    taken.close();
  });
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
  const refract = await compose({ ...configFor(database), port }, contracts);
  await expect(refract.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await refract.close();
  expectClosed(database);
});

test('every method of the server refuses an unknown contract by name', async () => {
  const refract = await composed(join(temporaryFolder(), 'r.db'));
  const sentence = /^There is no contract nope; there are cloudreve, fib, kirjaswappi, orillion, xerial\.$/;
  for (const asking of [
    async (): Promise<unknown> => refract.issue('nope', 'bob'),
    async (): Promise<unknown> => refract.callOf('nope', 'token'),
    async (): Promise<unknown> => refract.listen({ contract: 'nope' }),
  ]) {
    await expectRefusal(asking(), sentence);
  }
});

test('callOf() returns a call that refreshes, at its own and at another base path', async () => {
  const refract = await composed(join(temporaryFolder(), 'r.db'));
  await refract.store.putSubject('bob', noDetails);
  const { token } = await issued(refract, 'xerial');
  expect(refract.callOf('xerial', token)).toEqual(callFor('xerial', token));
  const origin = await refract.listen({ contract: 'xerial', at: '/elsewhere' });
  expect(isGranted('xerial', await call(origin, refract.callOf('xerial', token, '/elsewhere')))).toBe(true);
});

test('loadContracts() loads each document with its adapter and ignores other files', async () => {
  expect(contracts.map(({ name }) => name)).toEqual(['cloudreve', 'fib', 'kirjaswappi', 'orillion', 'xerial']);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'notes.txt'), 'no document');
  writeFileSync(join(folder, 'sixth.yaml'), 'openapi: 3.1.0\nservers: []\n');
  await expectRefusal(
    loadContracts(folder),
    /sixth\.yaml:1: the document has no operation; describe one under `paths`\.$/,
  );
});

test('isForeseen() is false for a fault', () => {
  expect(isForeseen(new TypeError('x is not a function'))).toBe(false);
  expect(isForeseen('a text')).toBe(false);
});

/** Composes a server with default settings; closed at the end of the test. */
async function composed(database: string, options?: ComposeOptions): Promise<Refract> {
  const refract = await compose(configFor(database), contracts, options);
  onTestFinished(refract.close);
  return refract;
}

function configFor(database: string, environment: Readonly<Record<string, string>> = {}): Config {
  const names = contracts.map(({ name }) => name);
  return readConfig(names, { port: '0', database }, environment);
}

async function issued(refract: Refract, contract: string): Promise<{ token: string; session: string }> {
  const result = await refract.issue(contract, 'bob');
  if (result.kind === 'refused') throw new Error(result.refusal);
  return { token: result.grant.refresh.token, session: result.session.id };
}

async function expectRefusal(attempt: Promise<unknown>, sentence: RegExp): Promise<void> {
  const reason: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isForeseen(reason), String(reason)).toBe(true);
  expect(reason).toMatchObject({ message: expect.stringMatching(sentence) });
}

/** SQLite removes its -wal file with the last connection. */
function expectClosed(database: string): void {
  expect([existsSync(database), existsSync(`${database}-wal`)]).toEqual([true, false]);
}
