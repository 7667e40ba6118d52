// The SQLite store passes the conformance kit.
import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { temporaryFolder } from '../shared/folder.ts';
import { storeKit } from './kit.ts';

storeKit('SQLite', async () => {
  const file = join(temporaryFolder(), 'refract.db');
  let now = 0;
  const open = () => openSqliteStore({ file, busyTimeout: 0, clock: () => now });
  const [store, other] = [open(), open()];
  return {
    store,
    other,
    setClock: async (second) => {
      now = second;
    },
    close: async () => {
      await store.close();
      await other.close();
    },
  };
});
