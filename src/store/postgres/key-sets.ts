// The part of the store that keeps key sets, and notifies every instance when they change.
import pg from 'pg';
import type { KeySetRemoval, KeyStore, StoredKeySet } from '../../signer/ports.ts';
import { keySetColumns, keySetOf, removalOf, type KeySetUse, type Row } from '../rows.ts';
import { only, type Connections, type Run, type Statement } from './connections.ts';
import { revokingAll } from './sessions.ts';

export const keySetsChannel = 'refract_key_sets';

export function keySetsIn({ repeatable, transaction, settings }: Connections): KeyStore {
  /** One change at a time; every instance is notified when it is committed. Readers and refreshes do not wait. */
  const changing = <Value>(work: (run: Run) => Promise<Value>): Promise<Value> =>
    transaction(async (run) => {
      await run('LOCK TABLE refract.key_set IN SHARE ROW EXCLUSIVE MODE');
      const value = await work(run);
      await run('SELECT pg_notify($1, $2)', [keySetsChannel, '']);
      return value;
    });
  const add = async (run: Run, { id, contract, sealed }: Parameters<KeyStore['addLegacyKey']>[0], state: string) =>
    (await run(addWhereNone, [id, contract, sealed, state])).changes > 0;

  return {
    readKeySet: async (id) => {
      const { rows } = await repeatable<Row<StoredKeySet>>(readOne, [id]);
      return rows[0] && keySetOf(rows[0]);
    },
    readKeySets: async () => (await repeatable(readAll)).rows.map(keySetOf),
    addFirstKeySet: async (keySet) => {
      await changing((run) => add(run, keySet, 'active'));
    },
    addNextKeySet: (keySet) => changing((run) => add(run, keySet, 'next')),
    addLegacyKey: async (keySet) => {
      await changing((run) => add(run, keySet, 'legacy'));
    },
    promoteKeySet: (contract, id) =>
      changing(async (run) => {
        const { rows } = await run(findNext, [id, contract]);
        if (rows.length === 0) return false;
        await run(retireActive, [contract]);
        await run("UPDATE refract.key_set SET state = 'active' WHERE id = $1", [id]);
        return true;
      }),
    removeKeySet: (id, accessLifetime, force) => changing((run) => remove(run, id, accessLifetime, force)),
    replaceKeySets: ({ id, contract, sealed }, reason) =>
      changing(async (run) => {
        // First, since it waits for sessions that are issued under one of them: the next statement sees those.
        await run('DELETE FROM refract.key_set WHERE contract = $1', [contract]);
        const { rows } = await run(revokingAll('contract'), [contract, reason]);
        await add(run, { id, contract, sealed }, 'active');
        return only(rows).count;
      }),
    resealKeySets: (resealed) =>
      changing(async (run) => {
        const { rows } = await run<{ id: string; sealed: string }>('SELECT id, sealed FROM refract.key_set');
        const sealedNow = new Map(rows.map(({ id, sealed }) => [id, sealed]));
        const isWhole = rows.length === resealed.length && resealed.every(({ id, from }) => sealedNow.get(id) === from);
        if (!isWhole) return false;
        for (const { id, sealed } of resealed) {
          await run('UPDATE refract.key_set SET sealed = $2 WHERE id = $1', [id, sealed]);
        }
        return true;
      }),
    watchKeySets: (changed) => watch(settings, changed),
  };
}

async function remove(run: Run, id: string, accessLifetime: number, force: boolean): Promise<KeySetRemoval> {
  const found = await run<Row<StoredKeySet> & { now: number }>(readWithClock, [id]);
  const [row] = found.rows;
  if (row === undefined) return { kind: 'unknown' };
  const { contract, now, retiredAt } = row;
  const [text, values] =
    row.state === 'legacy' ? [livingImported, [contract, now]] : [living, [contract, now, retiredAt]];
  const removal = removalOf(row, only((await run<KeySetUse>(text, values)).rows), now, accessLifetime);
  if (removal.kind === 'active' || (removal.kind === 'in_use' && !force)) return removal;
  await run('DELETE FROM refract.key_set WHERE id = $1', [id]);
  return { kind: 'removed' };
}

const readOne = `SELECT ${keySetColumns} FROM refract.key_set WHERE id = $1`;

const readWithClock = `SELECT ${keySetColumns}, refract.now() AS now FROM refract.key_set WHERE id = $1`;

const readAll: Statement<Row<StoredKeySet>> = {
  name: 'refract_read_all_key_sets',
  text: `SELECT ${keySetColumns} FROM refract.key_set ORDER BY created_at, id`,
};

const findNext = "SELECT 1 FROM refract.key_set WHERE id = $1 AND contract = $2 AND state = 'next'";

const addWhereNone = `INSERT INTO refract.key_set (id, contract, sealed, state, created_at)
  SELECT $1, $2, $3, $4, refract.now()
   WHERE $4 = 'legacy' OR NOT EXISTS (SELECT 1 FROM refract.key_set WHERE contract = $2 AND state = $4)`;

const retireActive = `UPDATE refract.key_set SET state = 'retired', retired_at = refract.now()
  WHERE contract = $1 AND state = 'active'`;

// Of a key set that has not retired there are none.
const living = `SELECT count(*) AS count, max(expires_at) AS last FROM refract.session
  WHERE contract = $1 AND revoked_at IS NULL AND expires_at > $2 AND created_at <= $3`;

const livingImported = `SELECT count(*) AS count, max(least(session.expires_at, imported_token.expires_at)) AS last
   FROM refract.session JOIN refract.imported_token ON imported_token.session_id = session.id
  WHERE session.contract = $1 AND session.revoked_at IS NULL
    AND session.expires_at > $2 AND imported_token.expires_at > $2`;

/** Milliseconds until a lost connection is made again. */
const pause = 1_000;

/**
 * Listens on a connection of its own, which is made again whenever it is lost. Nothing depends on it: the caller also
 * looks at intervals.
 */
function watch(settings: pg.ClientConfig, changed: () => void): () => Promise<void> {
  let isWatching = true;
  let current: pg.Client | undefined;
  let isListening = false;
  let timer: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    let made: pg.Client | undefined;
    try {
      made = new pg.Client(settings);
      current = made;
      made.on('error', () => undefined);
      made.on('end', () => {
        if (made === current) again();
      });
      made.on('notification', changed);
      await made.connect();
      await made.query(`LISTEN ${keySetsChannel}`);
      isListening = true;
      // Notifications were missed while nothing listened.
      if (isWatching) changed();
      else leave(made);
    } catch {
      if (made !== undefined) leave(made);
      again();
    }
  };
  const again = (): void => {
    isListening = false;
    if (!isWatching) return;
    clearTimeout(timer);
    timer = setTimeout(connecting, pause).unref();
  };
  const connecting = (): void => {
    connect().catch(again);
  };
  connecting();
  return () => {
    isWatching = false;
    clearTimeout(timer);
    // A connection that is being made is left as soon as it is made.
    if (isListening && current !== undefined) leave(current);
    return Promise.resolve();
  };
}

/** The server may never respond; then this connection is cut with the others. */
function leave(client: pg.Client): void {
  client.end().catch(() => undefined);
}
