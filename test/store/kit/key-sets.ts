// Key sets: the first is active; a next one is added, promoted, retired and removed.
import { expect, test } from 'vitest';
import type { StoredKeySet } from '../../../src/signer/ports.ts';
import { start, type Open, type Opened } from './test-store.ts';

/** A key set as the store returns it. */
function keySet(of: Partial<StoredKeySet> = {}): StoredKeySet {
  return {
    id: 'first',
    contract: 'fib',
    state: 'active',
    sealed: 'x.y.z',
    createdAt: start,
    retiredAt: undefined,
    ...of,
  };
}

/** A contract whose first key set retired at `start + 10`, with a session issued before. */
async function promoted(opened: Opened) {
  const { store, setClock, issue } = opened;
  await store.addFirstKeySet(keySet());
  await store.addNextKeySet(keySet({ id: 'second' }));
  const session = await issue({ keyId: 'first', lifetime: 1_000 });
  await setClock(start + 10);
  await store.promoteKeySet('fib', 'second');
  return { ...opened, session };
}

export function keySetTests(open: Open): void {
  test('addFirstKeySet() adds an active key set once for a contract', async () => {
    const { store, other, setClock } = await open();
    const first = keySet({ id: 'b' });
    await store.addFirstKeySet(first);
    await setClock(start + 1);
    await other.addFirstKeySet({ ...first, id: 'c', sealed: 'another' });
    await other.addFirstKeySet({ ...first, id: 'a', contract: 'xerial' });
    const second = { ...first, id: 'a', contract: 'xerial', createdAt: start + 1 };
    expect(await other.readKeySets()).toEqual([first, second]);
    expect(await store.readKeySets()).toEqual([first, second]);
  });

  test('readKeySet() returns a key set by its id', async () => {
    const { store, other } = await open();
    await store.addFirstKeySet(keySet());
    await store.addFirstKeySet(keySet({ id: 'another', contract: 'xerial' }));
    expect(await other.readKeySet('another')).toEqual(keySet({ id: 'another', contract: 'xerial' }));
    expect(await other.readKeySet('unknown')).toBeUndefined();
  });

  test('concurrent addFirstKeySet() calls add one key set for each contract', async () => {
    const { store, other } = await open();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? store : other).addFirstKeySet({
          id: `key-${index}`,
          contract: index % 4 < 2 ? 'fib' : 'xerial',
          sealed: 'sealed',
        }),
      ),
    );
    expect((await store.readKeySets()).map(({ contract }) => contract).sort()).toEqual(['fib', 'xerial']);
  });

  test('addNextKeySet() adds one next key set and refuses a second one', async () => {
    const { store, other } = await open();
    await store.addFirstKeySet(keySet());
    expect(await store.addNextKeySet(keySet({ id: 'second' }))).toBe(true);
    expect(await other.addNextKeySet(keySet({ id: 'third' }))).toBe(false);
    expect(await other.addNextKeySet(keySet({ id: 'fourth', contract: 'xerial' }))).toBe(true);
    expect((await store.readKeySets()).map(({ id, state }) => [id, state])).toEqual([
      ['first', 'active'],
      ['fourth', 'next'],
      ['second', 'next'],
    ]);
  });

  test('promoteKeySet() activates the next key set once, and retires the active one', async () => {
    const { store, other, setClock } = await open();
    await store.addFirstKeySet(keySet());
    await store.addFirstKeySet(keySet({ id: 'foreign', contract: 'xerial' }));
    await store.addNextKeySet(keySet({ id: 'second' }));
    expect(await store.promoteKeySet('xerial', 'second')).toBe(false);
    expect(await store.promoteKeySet('fib', 'first')).toBe(false);
    await setClock(start + 10);
    const attempts = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? store : other).promoteKeySet('fib', 'second'),
    );
    expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1);
    expect(await other.readKeySets()).toEqual([
      keySet({ state: 'retired', retiredAt: start + 10 }),
      keySet({ id: 'foreign', contract: 'xerial' }),
      keySet({ id: 'second' }),
    ]);
  });

  test('removeKeySet() removes a next key set, and never an active or unknown one', async () => {
    const { store } = await open();
    await store.addFirstKeySet(keySet());
    await store.addNextKeySet(keySet({ id: 'second' }));
    for (const force of [false, true]) {
      expect(await store.removeKeySet('first', 300, force)).toEqual({ kind: 'active' });
      expect(await store.removeKeySet('unknown', 300, force)).toEqual({ kind: 'unknown' });
    }
    expect(await store.removeKeySet('second', 300, false)).toEqual({ kind: 'removed' });
    expect(await store.readKeySets()).toEqual([keySet()]);
  });

  test('removeKeySet() keeps a retired key set while one of its sessions is active', async () => {
    const { store, setClock, session } = await promoted(await open());
    await setClock(session.expiresAt - 1);
    const inUse = { kind: 'in_use', sessions: 1, until: session.expiresAt };
    expect(await store.removeKeySet('first', 300, false)).toEqual(inUse);
    // Refreshed or not: the old key signed its current token or the predecessor.
    await store.rotate(session, { generation: 1, rotatedAt: start + 11, keyId: 'second' });
    expect(await store.removeKeySet('first', 300, false)).toEqual(inUse);
    await setClock(session.expiresAt);
    expect(await store.removeKeySet('first', 300, false)).toEqual({ kind: 'removed' });
  });

  test('removeKeySet() keeps a retired key set while its access tokens may be active', async () => {
    const { store, setClock, session, issue } = await promoted(await open());
    await store.revoke(session.id, 'requested');
    await setClock(start + 11);
    await issue({ keyId: 'second', lifetime: 100_000 });
    await setClock(start + 309);
    expect(await store.removeKeySet('first', 300, false)).toEqual({ kind: 'in_use', sessions: 0, until: start + 310 });
    await setClock(start + 310);
    expect(await store.removeKeySet('first', 300, false)).toEqual({ kind: 'removed' });
  });

  test('removeKeySet() removes a retired key set at once if forced', async () => {
    const { store } = await promoted(await open());
    expect(await store.removeKeySet('first', 300, true)).toEqual({ kind: 'removed' });
    expect((await store.readKeySets()).map(({ id }) => id)).toEqual(['second']);
  });

  test('replaceKeySets() replaces the key sets and revokes the sessions of a contract', async () => {
    const { store, other, stored, setClock, session, issue } = await promoted(await open());
    const over = await issue({ keyId: 'second', lifetime: 5 });
    const revoked = await issue({ keyId: 'second' });
    await store.revoke(revoked.id, 'requested');
    await store.addNextKeySet(keySet({ id: 'third' }));
    await store.addFirstKeySet(keySet({ id: 'foreign', contract: 'xerial' }));
    const neighbour = await issue({ contract: 'xerial', keyId: 'foreign' });
    await setClock(start + 20);
    expect(await other.replaceKeySets(keySet({ id: 'fresh', sealed: 'fresh' }), 'compromised_keys')).toBe(1);
    expect((await store.readKeySets()).map(({ id, state }) => [id, state])).toEqual([
      ['foreign', 'active'],
      ['fresh', 'active'],
    ]);
    const ended = { revokedAt: start + 20, revokedReason: 'compromised_keys' };
    expect(await stored(session)).toMatchObject(ended);
    expect(await stored(over)).toMatchObject(ended);
    expect(await stored(revoked)).toMatchObject({ revokedAt: start + 10, revokedReason: 'requested' });
    expect(await stored(neighbour)).toMatchObject({ revokedAt: undefined });
  });

  test('resealKeySets() changes all key sets, or none if one has changed', async () => {
    const { store } = await promoted(await open());
    const before = await store.readKeySets();
    const second = { id: 'second', from: 'x.y.z', sealed: 'anew-2' };
    expect(await store.resealKeySets([second])).toBe(false);
    expect(await store.resealKeySets([{ id: 'first', from: 'other', sealed: 'anew-1' }, second])).toBe(false);
    expect(await store.readKeySets()).toEqual(before);
    expect(await store.resealKeySets([{ id: 'first', from: 'x.y.z', sealed: 'anew-1' }, second])).toBe(true);
    expect((await store.readKeySets()).map(({ sealed }) => sealed)).toEqual(['anew-1', 'anew-2']);
  });
}
