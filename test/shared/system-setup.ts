// Runs once before the system tests: starts the PostgreSQL that they share, with a template that has the schema.
import type { TestProject } from 'vitest/node';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { createDatabaseOn, queryOnce, startServerOrGiven } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a role that may create databases. */
    readonly postgresUrl: string;
    readonly postgresTemplate: string;
  }
}

export default async function startSharedPostgres({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = await startServerOrGiven();
  const template = await createDatabaseOn(server.url);
  const store = await openPostgresStore({ url: template, poolSize: 1 });
  await store.close();
  const name = new URL(template).pathname.slice(1);
  provide('postgresUrl', server.url);
  provide('postgresTemplate', name);
  return async () => {
    await queryOnce(server.url, `DROP DATABASE ${name}`);
    await server.stop();
  };
}
