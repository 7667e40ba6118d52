// Keys that another process added: the first token that needs them loads them, and forged tokens cannot overload the store.
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { PublishingSigner } from '../../src/signer/signer.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { segment, withSegment } from '../shared/tokens.ts';
import { openSigner, openStore } from './real-signer.ts';

/** Two processes on one database: one that adds keys, and one that is not notified of them. */
async function createSigners() {
  const folder = temporaryFolder();
  const [store, other] = [openStore(folder), openStore(folder)];
  onTestFinished(async () => {
    await store.close();
    await other.close();
  });
  const watched = watch(other);
  return { here: await openSigner(store), there: await openSigner(watched.store), ...watched };
}

/** Counts reads of key sets, and can delay their results. */
function watch(store: Store) {
  let looks = 0;
  let held: Promise<void> | undefined;
  let answer = (keySets: Awaited<ReturnType<Store['readKeySets']>>) => keySets;
  return {
    store: {
      ...store,
      readKeySets: async () => {
        looks += 1;
        const found = answer(await store.readKeySets());
        await held;
        return found;
      },
    },
    looks: () => looks,
    /** Delays the results of all reads from now on until it is called. */
    hold: () => {
      const gate = Promise.withResolvers<undefined>();
      held = gate.promise;
      return () => {
        held = undefined;
        gate.resolve(undefined);
      };
    },
    damage: (contract: string) => {
      answer = (keySets) => keySets.map((one) => (one.contract === contract ? { ...one, sealed: 'a.b.c' } : one));
    },
  };
}

const claims = { sub: 'bob' };

async function signedBy(signer: PublishingSigner, contract = 'xerial'): Promise<string> {
  return signer.sign(contract, 'refresh', signer.activeKeyId(contract), claims);
}

/** A token of an unknown key. */
function unknown(token: string, count: number): string {
  return withSegment(token, 0, segment({ typ: 'JWT', alg: 'HS256', kid: `stranger-${String(count)}` }));
}

test('a token of a key that another process just added is verified', async () => {
  const { here, there } = await createSigners();
  await here.keys.rotate('xerial', true);
  expect(await there.verify('xerial', 'refresh', await signedBy(here))).toEqual(claims);
});

test('a key set that another process just added signs', async () => {
  const { here, there } = await createSigners();
  await here.keys.rotate('xerial', true);
  const token = await there.sign('xerial', 'refresh', here.activeKeyId('xerial'), claims);
  expect(await here.verify('xerial', 'refresh', token)).toEqual(claims);
});

test('a hundred tokens of unknown keys share one read of the store', async () => {
  const { there, looks } = await createSigners();
  const token = await signedBy(there);
  const before = looks();
  const all = Array.from({ length: 100 }, (_, count) => there.verify('xerial', 'refresh', unknown(token, count)));
  expect(new Set(await Promise.all(all))).toEqual(new Set([undefined]));
  expect(looks() - before).toBe(1);
});

test('a token of a loaded key causes no read', async () => {
  const { there, looks } = await createSigners();
  const token = await signedBy(there);
  const before = looks();
  await there.verify('xerial', 'refresh', token);
  await there.verify('xerial', 'refresh', `${token.slice(0, -4)}AAAA`);
  expect(await there.verify('cloudreve', 'refresh', token), 'a key of another contract').toBeUndefined();
  expect(looks()).toBe(before);
});

test('a token that arrives during a read waits for another read', async () => {
  const { here, there, looks, hold } = await createSigners();
  const release = hold();
  const before = looks();
  const early = there.verify('xerial', 'refresh', unknown(await signedBy(here), 0));
  await expect.poll(() => looks() - before).toBe(1);
  await here.keys.rotate('xerial', true);
  const late = there.verify('xerial', 'refresh', await signedBy(here));
  release();
  expect(await Promise.all([early, late])).toEqual([undefined, claims]);
});

test('an earlier read never replaces a later one', async () => {
  const { here, there, looks, hold } = await createSigners();
  const release = hold();
  const before = looks();
  const first = there.reload();
  await expect.poll(() => looks() - before).toBe(1);
  await here.keys.rotate('xerial', true);
  const second = there.reload();
  await new Promise(setImmediate);
  expect(looks() - before, 'the second look waits for the first').toBe(1);
  release();
  await Promise.all([first, second]);
  expect(there.activeKeyId('xerial')).toBe(here.activeKeyId('xerial'));
});

test('an unknown key is unavailable while a key set in use cannot be opened', async () => {
  const { here, there, damage } = await createSigners();
  await here.keys.rotate('xerial', true);
  damage('xerial');
  const token = await signedBy(here);
  await expect(there.verify('xerial', 'refresh', token)).rejects.toThrow(
    expect.objectContaining({ code: 'unavailable' }),
  );
  expect(await there.verify('cloudreve', 'refresh', unknown(token, 0)), 'of another contract').toBeUndefined();
});
