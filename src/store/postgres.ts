// The store for many instances: PostgreSQL, whose clock is the clock of all of them.
//
// A refresh reads in one statement, decides and signs, and writes in one statement that carries everything the decision
// was based on. No lock outlives a statement, so an instance that dies blocks no other.
import { refuseCopied } from './copy/tables.ts';
import type { Connections } from './postgres/connections.ts';
import { checkGuarantees, useDatabase } from './postgres/inspect.ts';
import { lockSpace, migrate, readMarks } from './postgres/migrations.ts';
import { createSessionStore, dialect } from './postgres/statements.ts';
import { keySetsChannel, watchKeySets } from './postgres/watch.ts';
import { auditOperations } from './sql/audit.ts';
import { collectResults, importOperations } from './sql/import.ts';
import { keySetOperations } from './sql/key-sets.ts';
import { perform, type Operation } from './sql/operation.ts';
import { sessionOperations, subjectOperations } from './sql/sessions.ts';
import type { Store } from './store.ts';

export interface PostgresOptions {
  /** As `postgres://…`, with TLS and other settings as libpq reads them. */
  readonly url: string;
  /** Connections at most. */
  readonly poolSize: number;
}

/** A store that also reports its connections. */
export interface PostgresStore extends Store {
  readonly pool: Connections['pool'];
}

/** Milliseconds for a statement that removes a batch: a server that stops waits for the one in flight. */
const batchTimeoutMs = 5_000;

/** Keys of advisory locks; 1 is that of migrations. */
const locks = { purge: 2, import: 3 };

/** Opens a database as a store. @throws RefractError `store` if it cannot be used */
export function openPostgresStore({ url, poolSize }: PostgresOptions): Promise<PostgresStore> {
  return useDatabase({ url, poolSize }, async (connections, name) => {
    await checkGuarantees(connections, name);
    // The target of a copy may be opened before the copy has finished: requests are unavailable until then.
    refuseCopied(name, await readMarks(connections.repeatable), false);
    await migrate(connections, name);
    return createStore(connections);
  });
}

function createStore(connections: Connections): PostgresStore {
  const { repeatable, once, transaction } = connections;
  const refreshes = createSessionStore(connections);
  const sessions = sessionOperations(dialect);
  const subjects = subjectOperations(dialect);
  const keySets = keySetOperations(dialect);
  const audit = auditOperations(dialect);
  const imports = importOperations(dialect);

  /** Single statements, each retried after any failure. */
  const single = <T>(operation: Operation<T>): Promise<T> => perform(operation, repeatable);
  /** In a transaction, which has time for many rows; a retry begins the operation again. */
  const inTransaction = <T>(begin: () => Operation<T>): Promise<T> => transaction((run) => perform(begin(), run));
  /** One instance at a time; the others wait for the lock. @param key that of an advisory lock */
  const locked = <T>(key: number, begin: () => Operation<T>, timeoutMs?: number): Promise<T> =>
    transaction(async (run) => {
      await run('SELECT pg_advisory_xact_lock($1, $2)', [lockSpace, key]);
      return perform(begin(), run);
    }, timeoutMs);
  /** One change at a time; every instance is notified of its commit. Readers and refreshes do not wait. */
  const changeKeySets = <T>(begin: () => Operation<T>): Promise<T> =>
    transaction(async (run) => {
      await run('LOCK TABLE refract.key_set IN SHARE ROW EXCLUSIVE MODE');
      const output = await perform(begin(), run);
      await run('SELECT pg_notify($1, $2)', [keySetsChannel, '']);
      return output;
    });

  return {
    ...refreshes,
    listSessions: (filter, page) =>
      page === undefined
        ? inTransaction(() => sessions.listSessions(filter))
        : single(sessions.listSessions(filter, page)),
    count: () => inTransaction(() => sessions.count()),
    revoke: (sessionId, reason) => single(sessions.revoke(sessionId, reason)),
    revokeAll: (filter, reason) => inTransaction(() => sessions.revokeAll(filter, reason)),
    purge: (olderThan, batch) => locked(locks.purge, () => sessions.purge(olderThan, batch), batchTimeoutMs),

    putSubject: (id, details) => single(subjects.putSubject(id, details)),
    readSubject: (id) => single(subjects.readSubject(id)),
    disableSubject: (id) => single(subjects.disableSubject(id)),
    enableSubject: (id) => single(subjects.enableSubject(id)),
    deleteSubject: (id) => single(subjects.deleteSubject(id)),
    changeCredentials: (id) => single(subjects.changeCredentials(id)),

    readKeySets: () => single(keySets.readKeySets()),
    readKeySet: (id) => single(keySets.readKeySet(id)),
    addFirstKeySet: (keySet) => changeKeySets(() => keySets.addFirstKeySet(keySet)),
    addNextKeySet: (keySet) => changeKeySets(() => keySets.addNextKeySet(keySet)),
    addLegacyKey: (keySet) => changeKeySets(() => keySets.addLegacyKey(keySet)),
    promoteKeySet: (contract, id) => changeKeySets(() => keySets.promoteKeySet(contract, id)),
    removeKeySet: (id, accessLifetime, isForced) =>
      changeKeySets(() => keySets.removeKeySet(id, accessLifetime, isForced)),
    replaceKeySets: (keySet, reason) => changeKeySets(() => keySets.replaceKeySets(keySet, reason)),
    resealKeySets: (resealed) => changeKeySets(() => keySets.resealKeySets(resealed)),
    watchKeySets: (onChange) => watchKeySets(connections.settings, onChange),

    // Not retried if the response was lost: an event must not be appended twice.
    appendAudit: (events) => perform(audit.appendAudit(events), once),
    readAudit: (filter, page) => single(audit.readAudit(filter, page)),
    cutAudit: (age, most) => transaction((run) => perform(audit.cutAudit(age, most), run), batchTimeoutMs),

    readImported: (contract, hash) => single(imports.readImported(contract, hash)),
    // Two imports of the same rows take turns: the second one finds what the first one has added.
    importRows: (rows, isDryRun) =>
      collectResults((results) => locked(locks.import, () => imports.importRows(rows, isDryRun, results))),

    probe: async () => {
      await refreshes.read('');
      // Writes to the disk and changes nothing.
      await repeatable({ name: 'refract_probe', text: 'UPDATE refract.schema_version SET version = version' });
    },
    close: connections.close,
    pool: connections.pool,
  };
}
