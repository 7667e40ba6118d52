// The PostgreSQL store passes the conformance kit.
import { openPostgresStore } from '../../src/store/postgres.ts';
import { createDatabase } from '../shared/databases.ts';
import { setClock } from '../shared/postgres.ts';
import { storeKit } from './kit.ts';

storeKit('PostgreSQL', async () => {
  const url = await createDatabase();
  const [store, other] = await Promise.all([
    openPostgresStore({ url, poolSize: 5 }),
    openPostgresStore({ url, poolSize: 5 }),
  ]);
  return {
    store,
    other,
    setClock: (second) => setClock(url, second),
    close: async () => {
      await store.close();
      await other.close();
    },
  };
});
