// Key sets, of which each store lets one change run at a time; and the rows that `refract doctor` checks.
import type { RevocationReason } from '../../engine/session.ts';
import type { KeySetRemoval, NewKeySet, StoredKeySet } from '../../signer/ports.ts';
import { only, query, type Dialect, type Operation } from './operation.ts';
import { decideRemoval, keySetColumns, toKeySet, type KeySetUse, type Row } from './rows.ts';
import { sum } from './sessions.ts';

type Resealed = readonly { readonly id: string; readonly from: string; readonly sealed: string }[];

export function keySetOperations({ prefix, now, revokeAll }: Dialect) {
  const [keySets, sessions, tokens] = [`${prefix}key_set`, `${prefix}session`, `${prefix}imported_token`];
  /** A contract has one active and one next key set at most. @returns whether it was added */
  function* add({ id, contract, sealed }: NewKeySet, state: StoredKeySet['state']): Operation<boolean> {
    const { changes } = yield* query(
      `INSERT INTO ${keySets} (id, contract, sealed, state, created_at)
       SELECT $1, $2, $3, $4, ${now}
        WHERE $4 = 'legacy' OR NOT EXISTS (SELECT 1 FROM ${keySets} WHERE contract = $2 AND state = $4)`,
      [id, contract, sealed, state],
    );
    return changes > 0;
  }

  /** Sessions that were created before the key set retired; none for a key set that has not. */
  const uses = `SELECT count(*) AS count, max(expires_at) AS last FROM ${sessions}
    WHERE contract = $1 AND revoked_at IS NULL AND expires_at > $2 AND created_at <= $3`;
  const legacyUses = `SELECT count(*) AS count,
       max(CASE WHEN session.expires_at < token.expires_at THEN session.expires_at ELSE token.expires_at END) AS last
     FROM ${sessions} JOIN ${tokens} AS token ON token.session_id = session.id
    WHERE session.contract = $1 AND session.revoked_at IS NULL AND session.expires_at > $2 AND token.expires_at > $2`;

  return {
    *readKeySets(): Operation<readonly StoredKeySet[]> {
      const text = `SELECT ${keySetColumns} FROM ${keySets} ORDER BY created_at, id`;
      return (yield* query<Row<StoredKeySet>>(text)).rows.map(toKeySet);
    },
    *readKeySet(id: string): Operation<StoredKeySet | undefined> {
      const text = `SELECT ${keySetColumns} FROM ${keySets} WHERE id = $1`;
      const { rows } = yield* query<Row<StoredKeySet>>(text, [id]);
      return rows[0] && toKeySet(rows[0]);
    },
    *addFirstKeySet(keySet: NewKeySet): Operation<void> {
      yield* add(keySet, 'active');
    },
    addNextKeySet: (keySet: NewKeySet) => add(keySet, 'next'),
    *addLegacyKey(keySet: NewKeySet): Operation<void> {
      yield* add(keySet, 'legacy');
    },
    *promoteKeySet(contract: string, id: string): Operation<boolean> {
      const next = `SELECT id FROM ${keySets} WHERE id = $1 AND contract = $2 AND state = 'next'`;
      if ((yield* query(next, [id, contract])).rows.length === 0) return false;
      yield* query(
        `UPDATE ${keySets} SET state = 'retired', retired_at = ${now} WHERE contract = $1 AND state = 'active'`,
        [contract],
      );
      yield* query(`UPDATE ${keySets} SET state = 'active' WHERE id = $1`, [id]);
      return true;
    },
    *removeKeySet(id: string, accessLifetime: number, isForced: boolean): Operation<KeySetRemoval> {
      const found = yield* query<Row<StoredKeySet> & { now: number }>(
        `SELECT ${keySetColumns}, ${now} AS now FROM ${keySets} WHERE id = $1`,
        [id],
      );
      const [row] = found.rows;
      if (row === undefined) return { kind: 'unknown' };
      const use =
        row.state === 'legacy'
          ? yield* query<KeySetUse>(legacyUses, [row.contract, row.now])
          : yield* query<KeySetUse>(uses, [row.contract, row.now, row.retiredAt]);
      const removal = decideRemoval(row, only(use.rows), row.now, accessLifetime);
      if (removal.kind === 'active' || (removal.kind === 'in_use' && !isForced)) return removal;
      yield* query(`DELETE FROM ${keySets} WHERE id = $1`, [id]);
      return { kind: 'removed' };
    },
    *replaceKeySets(keySet: NewKeySet, reason: RevocationReason): Operation<number> {
      // First: PostgreSQL waits here for sessions that are being issued, and the next statement sees and revokes them.
      yield* query(`DELETE FROM ${keySets} WHERE contract = $1`, [keySet.contract]);
      const { rows } = yield* query<{ count: number }>(revokeAll('contract'), [keySet.contract, reason]);
      yield* add(keySet, 'active');
      return sum(rows);
    },
    *resealKeySets(resealed: Resealed): Operation<boolean> {
      const { rows } = yield* query<{ id: string; sealed: string }>(`SELECT id, sealed FROM ${keySets}`);
      const current = new Map(rows.map(({ id, sealed }) => [id, sealed]));
      const isComplete = rows.length === resealed.length && resealed.every(({ id, from }) => current.get(id) === from);
      if (!isComplete) return false;
      for (const { id, sealed } of resealed) {
        yield* query(`UPDATE ${keySets} SET sealed = $2 WHERE id = $1`, [id, sealed]);
      }
      return true;
    },
  };
}

/** The rows of a database, as `refract doctor` reports them. */
export interface InspectedRows {
  readonly contents: { readonly sessions: number; readonly subjects: number };
  readonly keySets: readonly StoredKeySet[];
  /** The latest time in any row, in seconds. */
  readonly latest: number;
  /** By id of a retired key set: when the last active session ends that may have tokens of it; 0 for none. */
  readonly lastUses: ReadonlyMap<string, number>;
}

/** Reads rows of this schema or of an older one. */
export function* inspectRows({ prefix, now }: Dialect): Operation<InspectedRows> {
  const count = `SELECT (SELECT count(*) FROM ${prefix}session) AS sessions,
    (SELECT count(*) FROM ${prefix}subject WHERE deleted_at IS NULL) AS subjects`;
  const contents = only((yield* query<InspectedRows['contents']>(count)).rows);
  // `*`, since an older schema has no retired_at.
  const found = yield* query<KeySetRow>(`SELECT * FROM ${prefix}key_set ORDER BY created_at, id`);
  const keySets = found.rows.map(({ created_at: createdAt, retired_at: retiredAt, ...row }) => {
    return { ...row, createdAt, retiredAt: retiredAt ?? undefined };
  });
  const times = timeColumns.map(([table, column]) => `SELECT max(${column}) AS time FROM ${prefix}${table}`);
  const latest = yield* query<{ time: number | null }>(
    `SELECT max(time) AS time FROM (${times.join(' UNION ALL ')}) AS times`,
  );
  const lastUses = new Map<string, number>();
  for (const { id, contract, retiredAt } of keySets) {
    if (retiredAt === undefined) continue;
    const use = yield* query<{ last: number | null }>(
      `SELECT max(expires_at) AS last FROM ${prefix}session
        WHERE contract = $1 AND revoked_at IS NULL AND expires_at > ${now} AND created_at <= $2`,
      [contract, retiredAt],
    );
    lastUses.set(id, only(use.rows).last ?? 0);
  }
  return { contents, keySets, latest: only(latest.rows).time ?? 0, lastUses };
}

const timeColumns = [
  ['session', 'rotated_at'],
  ['session', 'created_at'],
  ['session', 'revoked_at'],
  ['key_set', 'created_at'],
  ['subject', 'disabled_at'],
  ['subject', 'deleted_at'],
] as const;

interface KeySetRow extends Pick<StoredKeySet, 'id' | 'contract' | 'state' | 'sealed'> {
  readonly created_at: number;
  readonly retired_at?: number | null;
}
