// The store for many instances: PostgreSQL, whose clock is the clock of all of them.
//
// A refresh reads in one statement, decides and signs, and writes in one statement that carries everything the decision
// was based on. No lock outlives a statement, so an instance that dies blocks no other.
import { refuseCopied } from './copy/tables.ts';
import type { Connections } from './postgres/connections.ts';
import { checkGuarantees, useDatabase } from './postgres/inspect.ts';
import { lockSpace, migrate, readMarks } from './postgres/migrations.ts';
import { createSessionStore, dialect } from './postgres/sessions.ts';
import { keySetsChannel, watchKeySets } from './postgres/watch.ts';
import { auditOperations } from './sql/audit.ts';
import { importOperations, importRows } from './sql/import.ts';
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

type Implementation<Input extends unknown[], Output> = (...input: Input) => Operation<Output>;

function createStore(connections: Connections): PostgresStore {
  const { repeatable, once, transaction } = connections;
  const refreshes = createSessionStore(connections);
  const sessions = sessionOperations(dialect);
  const subjects = subjectOperations(dialect);
  const keySets = keySetOperations(dialect);
  const audit = auditOperations(dialect);
  const imports = importOperations(dialect);

  /** Single statements, each retried after any failure. */
  const single =
    <Input extends unknown[], Output>(operation: Implementation<Input, Output>) =>
    (...input: Input) =>
      perform(operation(...input), repeatable);
  /** In a transaction, which has time for many rows. @param prepare statements before the first of the operation */
  const inTransaction =
    <Input extends unknown[], Output>(
      operation: Implementation<Input, Output>,
      { prepare = '', notify = '', timeoutMs }: { prepare?: string; notify?: string; timeoutMs?: number } = {},
    ) =>
    (...input: Input) =>
      transaction(async (run) => {
        if (prepare !== '') await run(prepare);
        const output = await perform(operation(...input), run);
        if (notify !== '') await run(`SELECT pg_notify('${notify}', '')`);
        return output;
      }, timeoutMs);
  /** One change at a time; every instance is notified of its commit. Readers and refreshes do not wait. */
  const changeKeySets = <Input extends unknown[], Output>(operation: Implementation<Input, Output>) =>
    inTransaction(operation, {
      prepare: 'LOCK TABLE refract.key_set IN SHARE ROW EXCLUSIVE MODE',
      notify: keySetsChannel,
    });
  const takeLock = (key: number): string => `SELECT pg_advisory_xact_lock(${String(lockSpace)}, ${String(key)})`;
  const writeRows = inTransaction(imports.importRows, { prepare: takeLock(locks.import) });
  const [listAll, listPage] = [inTransaction(sessions.listSessions), single(sessions.listSessions)];

  return {
    ...refreshes,
    listSessions: (filter, page) => (page === undefined ? listAll : listPage)(filter, page),
    count: inTransaction(sessions.count),
    revoke: single(sessions.revoke),
    revokeAll: inTransaction(sessions.revokeAll),
    // One instance purges at a time; the others wait for the lock.
    purge: inTransaction(sessions.purge, { prepare: takeLock(locks.purge), timeoutMs: batchTimeoutMs }),

    putSubject: single(subjects.putSubject),
    readSubject: single(subjects.readSubject),
    disableSubject: single(subjects.disableSubject),
    enableSubject: single(subjects.enableSubject),
    deleteSubject: single(subjects.deleteSubject),
    changeCredentials: single(subjects.changeCredentials),

    readKeySets: single(keySets.readKeySets),
    readKeySet: single(keySets.readKeySet),
    addFirstKeySet: changeKeySets(keySets.addFirstKeySet),
    addNextKeySet: changeKeySets(keySets.addNextKeySet),
    addLegacyKey: changeKeySets(keySets.addLegacyKey),
    promoteKeySet: changeKeySets(keySets.promoteKeySet),
    removeKeySet: changeKeySets(keySets.removeKeySet),
    replaceKeySets: changeKeySets(keySets.replaceKeySets),
    resealKeySets: changeKeySets(keySets.resealKeySets),
    watchKeySets: (onChange) => watchKeySets(connections.settings, onChange),

    // Not retried if the response was lost: an event must not be appended twice.
    appendAudit: (events) => perform(audit.appendAudit(events), once),
    readAudit: single(audit.readAudit),
    cutAudit: inTransaction(audit.cutAudit, { timeoutMs: batchTimeoutMs }),

    readImported: single(imports.readImported),
    // Two imports of the same rows take turns: the second one finds what the first one has added.
    importRows: (rows, isDryRun) => importRows(writeRows, rows, isDryRun),

    probe: async () => {
      await refreshes.read('');
      // Writes to the disk and changes nothing.
      await repeatable({ name: 'refract_probe', text: 'UPDATE refract.schema_version SET version = version' });
    },
    close: connections.close,
    pool: connections.pool,
  };
}
