// The part of the store that keeps key sets, and tells every instance when they change.
import type { KeySetRemoval, KeyStore } from '../../signer/ports.ts';
import { keySetOf, type KeySetRow } from '../rows.ts';
import type { Connections, Run, Statement } from './connections.ts';
import { revokingAll } from './statements.ts';
import { keySetsChannel, watchingIn } from './watch.ts';

export function keySetsIn(connections: Connections): KeyStore {
  const { repeatable, transaction } = connections;
  /** One change at a time; told to all instances when it is committed. Readers and refreshes are not held up. */
  const changing = <Value>(work: (run: Run) => Promise<Value>): Promise<Value> =>
    transaction(async (run) => {
      await run({ text: 'LOCK TABLE refract.key_set IN SHARE ROW EXCLUSIVE MODE' });
      const value = await work(run);
      await run({ text: 'SELECT pg_notify($1, $2)' }, [keySetsChannel, '']);
      return value;
    });
  const add = async (run: Run, { id, contract, sealed }: Parameters<KeyStore['addLegacyKey']>[0], state: string) =>
    (await run({ text: addWhereNone }, [id, contract, sealed, state])).changes > 0;

  return {
    readKeySet: async (id) => {
      const { rows } = await repeatable(readOne, [id]);
      return rows[0] && keySetOf(rows[0]);
    },
    readKeySets: async () => (await repeatable(readAll)).rows.map(keySetOf),
    addFirstKeySet: (keySet) =>
      changing(async (run) => {
        await add(run, keySet, 'active');
      }),
    addNextKeySet: (keySet) => changing((run) => add(run, keySet, 'next')),
    addLegacyKey: (keySet) =>
      changing(async (run) => {
        await add(run, keySet, 'legacy');
      }),
    promoteKeySet: (contract, id) =>
      changing(async (run) => {
        const found = await run(
          { text: "SELECT 1 FROM refract.key_set WHERE id = $1 AND contract = $2 AND state = 'next'" },
          [id, contract],
        );
        if (found.rows.length === 0) return false;
        await run({ text: retireActive }, [contract]);
        await run({ text: "UPDATE refract.key_set SET state = 'active' WHERE id = $1" }, [id]);
        return true;
      }),
    removeKeySet: (id, accessLifetime, force) => changing((run) => remove(run, id, accessLifetime, force)),
    replaceKeySets: ({ id, contract, sealed }, reason) =>
      changing(async (run) => {
        // First, which waits for whoever issues a session under one of them: the next statement sees that session.
        await run({ text: 'DELETE FROM refract.key_set WHERE contract = $1' }, [contract]);
        const ended = await run<{ count: number }>({ text: revokingAll('contract') }, [contract, reason]);
        await add(run, { id, contract, sealed }, 'active');
        return ended.rows[0]?.count ?? 0;
      }),
    resealKeySets: (resealed) =>
      changing(async (run) => {
        const { rows } = await run<{ id: string; sealed: string }>({ text: 'SELECT id, sealed FROM refract.key_set' });
        const sealedNow = new Map(rows.map(({ id, sealed }) => [id, sealed]));
        const isWhole = rows.length === resealed.length && resealed.every(({ id, from }) => sealedNow.get(id) === from);
        if (!isWhole) return false;
        for (const { id, sealed } of resealed) {
          await run({ text: 'UPDATE refract.key_set SET sealed = $2 WHERE id = $1' }, [id, sealed]);
        }
        return true;
      }),
    watchKeySets: watchingIn(connections),
  };
}

async function remove(run: Run, id: string, accessLifetime: number, force: boolean): Promise<KeySetRemoval> {
  const found = await run<KeySetRow & { now: number }>(
    { text: 'SELECT contract, state, retired_at, refract.now() AS now FROM refract.key_set WHERE id = $1' },
    [id],
  );
  const [row] = found.rows;
  if (row === undefined) return { kind: 'unknown' };
  if (row.state === 'active') return { kind: 'active' };
  // Only a key set that has signed has tokens out; those of its sessions, and access tokens of ended ones.
  if (row.retired_at !== null && !force) {
    const { rows } = await run<Living>({ text: living }, [row.contract, row.now, row.retired_at]);
    const until = Math.max(row.retired_at + accessLifetime, rows[0]?.last ?? 0);
    if (until > row.now) return { kind: 'in_use', sessions: rows[0]?.count ?? 0, until };
  }
  if (row.state === 'legacy' && !force) {
    const { rows } = await run<Living>({ text: livingImported }, [row.contract, row.now]);
    const { count = 0, last = null } = rows[0] ?? {};
    if (last !== null) return { kind: 'in_use', sessions: count, until: last };
  }
  await run({ text: 'DELETE FROM refract.key_set WHERE id = $1' }, [id]);
  return { kind: 'removed' };
}

interface Living {
  count: number;
  last: number | null;
  [column: string]: unknown;
}

const readOne: Statement<KeySetRow & Record<string, unknown>> = {
  text: 'SELECT id, contract, state, sealed, created_at, retired_at FROM refract.key_set WHERE id = $1',
};

const readAll: Statement<KeySetRow & Record<string, unknown>> = {
  name: 'refract_read_key_sets',
  text: 'SELECT id, contract, state, sealed, created_at, retired_at FROM refract.key_set ORDER BY created_at, id',
};

const addWhereNone = `INSERT INTO refract.key_set (id, contract, sealed, state, created_at)
  SELECT $1, $2, $3, $4, refract.now()
   WHERE $4 = 'legacy' OR NOT EXISTS (SELECT 1 FROM refract.key_set WHERE contract = $2 AND state = $4)`;

const retireActive = `UPDATE refract.key_set SET state = 'retired', retired_at = refract.now()
  WHERE contract = $1 AND state = 'active'`;

const living = `SELECT count(*) AS count, max(expires_at) AS last FROM refract.session
  WHERE contract = $1 AND revoked_at IS NULL AND expires_at > $2 AND created_at <= $3`;

const livingImported = `SELECT count(*) AS count, max(least(session.expires_at, imported_token.expires_at)) AS last
   FROM refract.session JOIN refract.imported_token ON imported_token.session_id = session.id
  WHERE session.contract = $1 AND session.revoked_at IS NULL
    AND session.expires_at > $2 AND imported_token.expires_at > $2`;
