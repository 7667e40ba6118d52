// The part of the store that keeps key sets.
import type { Database } from 'better-sqlite3';
import { isRefractError, RefractError } from '../../errors.ts';
import type { KeySetRemoval, KeyStore } from '../../signer/ports.ts';
import type { GroupCommit } from './group-commit.ts';
import { reading } from './reading.ts';
import { keySetOf, type KeySetRow } from '../rows.ts';

/** @param clock integer seconds since 1970 */
export function keySetsIn(database: Database, { commit }: GroupCommit, clock: () => number): KeyStore {
  const statements = prepare(database);
  // A savepoint inside of the group's transaction: all of it, or nothing.
  const promote = database.transaction((contract: string, id: string): boolean => {
    const isNext = statements.keySet.get({ id, contract })?.state === 'next';
    if (isNext) {
      statements.retireActive.run({ contract, now: clock() });
      statements.activate.run({ id });
    }
    return isNext;
  });
  const replace = database.transaction((keySet: { id: string; contract: string; sealed: string }, reason: string) => {
    const now = clock();
    const { contract } = keySet;
    const living = statements.living.get({ contract, now, begun: now })?.count ?? 0;
    statements.revokeAll.run({ contract, reason, now });
    statements.removeAll.run({ contract });
    statements.add.run({ ...keySet, state: 'active', now });
    return living;
  });
  const reseal = database.transaction((resealed: readonly { id: string; from: string; sealed: string }[]): boolean => {
    const changes = resealed.map(({ id, from, sealed }) => statements.reseal.run({ id, from, sealed }).changes);
    const isWhole = statements.count.get()?.count === resealed.length && changes.every((changed) => changed === 1);
    if (!isWhole) throw new RefractError('rolled_back', 'another process changed the key sets');
    return true;
  });

  return {
    readKeySets: reading(() => statements.keySets.all().map(keySetOf)),
    readKeySet: reading((id) => {
      const row = statements.keySet.get({ id, contract: null });
      return row && keySetOf(row);
    }),
    addFirstKeySet: ({ id, contract, sealed }) =>
      commit(() => {
        statements.addWhereNone.run({ id, contract, sealed, state: 'active', now: clock() });
      }),
    addNextKeySet: ({ id, contract, sealed }) =>
      commit(() => statements.addWhereNone.run({ id, contract, sealed, state: 'next', now: clock() }).changes > 0),
    addLegacyKey: ({ id, contract, sealed }) =>
      commit(() => {
        statements.add.run({ id, contract, sealed, state: 'legacy', now: clock() });
      }),
    promoteKeySet: (contract, id) => commit(() => promote(contract, id)),
    removeKeySet: (id, accessLifetime, force) =>
      commit((): KeySetRemoval => {
        const row = statements.keySet.get({ id, contract: null });
        if (row === undefined) return { kind: 'unknown' };
        if (row.state === 'active') return { kind: 'active' };
        const now = clock();
        // Only a key set that has signed has tokens out; those of its sessions, and access tokens of ended ones.
        if (row.retired_at !== null && !force) {
          const living = statements.living.get({ contract: row.contract, now, begun: row.retired_at });
          const until = Math.max(row.retired_at + accessLifetime, living?.last ?? 0);
          if (until > now) return { kind: 'in_use', sessions: living?.count ?? 0, until };
        }
        if (row.state === 'legacy' && !force) {
          const { count = 0, last = null } = statements.livingImported.get({ contract: row.contract, now }) ?? {};
          if (last !== null) return { kind: 'in_use', sessions: count, until: last };
        }
        statements.remove.run({ id });
        return { kind: 'removed' };
      }),
    replaceKeySets: ({ id, contract, sealed }, reason) => commit(() => replace({ id, contract, sealed }, reason)),
    resealKeySets: (resealed) =>
      commit(() => {
        try {
          return reseal(resealed);
        } catch (reason) {
          if (isRefractError(reason, 'rolled_back')) return false;
          throw reason;
        }
      }),
  };
}

function prepare(database: Database) {
  return {
    keySets: database.prepare<[], KeySetRow>('SELECT * FROM key_set ORDER BY created_at, id'),
    keySet: database.prepare<[object], KeySetRow>(
      'SELECT * FROM key_set WHERE id = $id AND ($contract IS NULL OR contract = $contract)',
    ),
    addWhereNone: database.prepare<[object]>(
      `INSERT INTO key_set (id, contract, state, sealed, created_at)
       SELECT $id, $contract, $state, $sealed, $now
        WHERE NOT EXISTS (SELECT 1 FROM key_set WHERE contract = $contract AND state = $state)`,
    ),
    add: database.prepare<[object]>(
      'INSERT INTO key_set (id, contract, state, sealed, created_at) VALUES ($id, $contract, $state, $sealed, $now)',
    ),
    retireActive: database.prepare<[object]>(
      "UPDATE key_set SET state = 'retired', retired_at = $now WHERE contract = $contract AND state = 'active'",
    ),
    activate: database.prepare<[object]>("UPDATE key_set SET state = 'active' WHERE id = $id"),
    remove: database.prepare<[object]>('DELETE FROM key_set WHERE id = $id'),
    removeAll: database.prepare<[object]>('DELETE FROM key_set WHERE contract = $contract'),
    reseal: database.prepare<[object]>('UPDATE key_set SET sealed = $sealed WHERE id = $id AND sealed = $from'),
    count: database.prepare<[], { count: number }>('SELECT count(*) AS count FROM key_set'),
    living: database.prepare<[object], { count: number; last: number | null }>(
      `SELECT count(*) AS count, max(expires_at) AS last FROM session
        WHERE contract = $contract AND revoked_at IS NULL AND expires_at > $now AND created_at <= $begun`,
    ),
    livingImported: database.prepare<[object], { count: number; last: number | null }>(
      `SELECT count(*) AS count, max(min(session.expires_at, imported_token.expires_at)) AS last
         FROM session JOIN imported_token ON imported_token.session_id = session.id
        WHERE session.contract = $contract AND session.revoked_at IS NULL
          AND session.expires_at > $now AND imported_token.expires_at > $now`,
    ),
    revokeAll: database.prepare<[object]>(
      `UPDATE session SET revoked_at = $now, revoked_reason = $reason
        WHERE contract = $contract AND revoked_at IS NULL`,
    ),
  };
}
