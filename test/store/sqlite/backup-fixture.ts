// A database with a backup.
import { join } from 'node:path';
import type { Store } from '../../../src/store/store.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { backUp } from '../../../src/store/sqlite/backup.ts';
import { restore, type RestoreOptions, type RestoreResult } from '../../../src/store/sqlite/restore.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { draftOf } from '../kit/test-store.ts';

export const start = 1_700_000_000;
export const nothing = { email: undefined, account: undefined, role: undefined };

/** A database with sessions `a` to `d` of subjects of the same names, a backup of it, and a way to change it. */
export async function createBackup() {
  const folder = temporaryFolder();
  const [database, file] = [join(folder, 'refract.db'), join(folder, 'backup')];
  const inside = async <Result>(use: (store: Store) => Promise<Result>, now = start): Promise<Result> => {
    const store = openSqliteStore({ file: database, busyTimeout: 0, clock: () => now });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  await inside(async (store) => {
    for (const id of ['a', 'b', 'c', 'd']) {
      await store.putSubject(id, { ...nothing, email: `${id}@mail.com` });
      await store.issue(draftOf({ id, subjectId: id }));
    }
    await store.addFirstKeySet({ id: 'first', contract: 'fib', sealed: 'x' });
  });
  const contents = backUp(database, file, 0);
  const restored = (options: Partial<RestoreOptions> = {}): RestoreResult =>
    restore({ file, database, busyTimeout: 0, revocations: undefined, now: start + 50, ...options });
  const sessions = () => inside((store) => store.listSessions({}));
  return { folder, database, file, contents, inside, restored, sessions };
}

/** Makes every kind of change that a restore compares. */
export async function revokeInEveryWay(store: Store): Promise<void> {
  await store.revoke('a', 'requested');
  await store.disableSubject('b');
  await store.deleteSubject('c');
  await store.changeCredentials('d');
  const { session } = await store.read('d');
  if (session) await store.rotate({ ...session }, { generation: 1, rotatedAt: start + 5, keyId: 'first' });
  await store.replaceKeySets({ id: 'fresh', contract: 'xerial', sealed: 'y' }, 'compromised_keys');
  await store.addNextKeySet({ id: 'second', contract: 'fib', sealed: 'z' });
  await store.promoteKeySet('fib', 'second');
  await store.removeKeySet('first', 0, true);
  await store.putSubject('new', nothing);
  await store.issue(draftOf({ id: 'new', subjectId: 'new', keyId: 'second' }));
}
