// The PostgreSQL store passes the kit that every store passes.
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { setClock, startPostgres, type TestPostgres } from '../shared/postgres.ts';
import { storeKit } from './kit.ts';

let postgres: TestPostgres;
let url: string;
let past: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
  const first = await openPostgresStore({ url, poolSize: 1 });
  await first.close();
  past = new pg.Client(url);
  await past.connect();
});
afterAll(async () => {
  await past.end();
  await postgres.stop();
});

storeKit('PostgreSQL', async () => {
  await past.query(
    'TRUNCATE refract.session, refract.subject, refract.key_set, refract.imported_token, refract.audit_event',
  );
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
