// Key sets: whoever is first makes the keys of a contract.
import { expect, test } from 'vitest';
import type { StoredKeySet } from '../../../src/engine/ports.ts';
import { start, type Open } from './opened.ts';

export function keySets(open: Open): void {
  test('of a contract: the first is active, and whoever comes later changes nothing', async () => {
    const { store, other, setClock } = await open();
    const first: StoredKeySet = { id: 'b', contract: 'fib', state: 'active', sealed: 'x.y.z', createdAt: start };
    await store.addFirstKeySet(first);
    await setClock(start + 1);
    await other.addFirstKeySet({ ...first, id: 'c', sealed: 'another' });
    await other.addFirstKeySet({ ...first, id: 'a', contract: 'xerial' });
    const second = { ...first, id: 'a', contract: 'xerial', createdAt: start + 1 };
    expect(await other.readKeySets()).toEqual([first, second]);
    expect(await store.readKeySets()).toEqual([first, second]);
  });

  test('of processes that start at once are one for each contract', async () => {
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
}
