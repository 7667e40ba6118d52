// The store for many instances: PostgreSQL, whose clock is the clock of all of them.
//
// The rule stays outside: a refresh reads in one statement, decides and signs, and writes in one statement that carries
// everything the decision was based on. No lock outlives a statement, so an instance that dies holds nobody up. What is
// read and written for a refresh are single rows by their key; nothing draws from a sequence.
import { isUnavailable, RefractError } from '../errors.ts';
import type { IssueResult } from '../engine/ports.ts';
import type { Store } from './store.ts';
import type { StoredState } from '../engine/session.ts';
import { refuseMarked } from './copy/mark.ts';
import { auditIn } from './postgres/audit.ts';
import { connectionsTo, type Connections, type Run } from './postgres/connections.ts';
import { checkPromises } from './postgres/promises.ts';
import { importingIn } from './postgres/import.ts';
import { keySetsIn } from './postgres/key-sets.ts';
import { marksIn } from './postgres/marks.ts';
import { migrate } from './postgres/migrations.ts';
import { placeOf } from './postgres/place.ts';
import { purgingIn } from './postgres/purge.ts';
import { sessionColumns, statements, type StateRow } from './postgres/statements.ts';
import { subjectsIn } from './postgres/subjects.ts';
import { sessionOf, subjectOf, type SessionRow } from './rows.ts';

export interface PostgresOptions {
  /** As `postgres://…`; TLS and the rest as libpq writes them into it. */
  readonly url: string;
  /** Connections at most. */
  readonly poolSize: number;
}

/** A store that also tells of its connections. */
export interface PostgresStore extends Store {
  readonly pool: Connections['pool'];
}

/** Opens a database as a store. @throws RefractError `store` where it cannot be used */
export async function openPostgresStore({ url, poolSize }: PostgresOptions): Promise<PostgresStore> {
  const place = placeOf(url);
  const connections = connectionsTo(url, poolSize);
  try {
    await checkPromises(connections, place);
    // Where a copy has yet to arrive it may be opened: whatever is asked of it is answered when it is there.
    refuseMarked(place, await marksIn(connections.repeatable), false);
    await migrate(connections, place);
  } catch (reason) {
    await connections.close();
    if (!isUnavailable(reason)) throw reason;
    throw new RefractError('store', `The database ${place} cannot be used: ${reason.message}.`);
  }
  return { ...storeOver(connections), pool: connections.pool };
}

function storeOver(connections: Connections): Store {
  const { repeatable, once, transaction } = connections;
  return {
    read: async (sessionId) => {
      const { rows } = await repeatable(statements.read, [sessionId]);
      return stateOf(only(rows));
    },
    rotate: async ({ id, generation }, next) => {
      const work = [next.generation, next.rotatedAt, next.keyId];
      const { changes, mayBeSecond } = await repeatable(statements.rotate, [id, generation, ...work]);
      if (changes > 0 || !mayBeSecond) return changes > 0;
      // Its own work, whose answer was lost, must not be taken for somebody else's: without a grace period that is reuse.
      return (await repeatable(statements.isRotated, [id, ...work])).rows.length > 0;
    },
    revoke: async (sessionId, reason) => (await repeatable(statements.revoke, [sessionId, reason])).changes > 0,

    issue: async ({ id, contract, policy, subjectId, keyId, lifetime, label }): Promise<IssueResult> => {
      const values = [id, contract, policy, subjectId, keyId, lifetime, label ?? null];
      const { session, subject } = stateOf(only((await once(statements.issue, values)).rows));
      if (session !== undefined && subject !== undefined) return { kind: 'issued', session, subject };
      if (subject === undefined || subject.deletedAt !== undefined)
        return { kind: 'refused', refusal: 'missing_subject' };
      if (subject.disabledAt !== undefined) return { kind: 'refused', refusal: 'disabled_subject' };
      throw new RefractError('unavailable', `the key set ${keyId} of ${contract} has been replaced`);
    },

    listSessions: async ({ subjectId, contract }, page) => {
      const { text, values } = matching({ subject_id: subjectId, contract }, page?.after);
      const limit = page === undefined ? '' : `LIMIT ${String(page.limit)}`;
      const statement = {
        text: `SELECT ${sessionColumns} FROM refract.session ${text} ORDER BY created_at, id ${limit}`,
      };
      const list = async (run: Run) => (await run<SessionRow>(statement, values)).rows.map(sessionOf);
      return page === undefined ? transaction(list) : list(repeatable);
    },
    // In a transaction for the time that it gives: what looks at many rows may take long.
    count: () =>
      transaction(async (run) => {
        const [subjects, contracts] = [await run(statements.countSubjects), await run(statements.count)];
        return { subjects: only(subjects.rows).count, contracts: contracts.rows };
      }),
    revokeAll: async (filter, reason) => {
      const [statement, value] =
        'subjectId' in filter
          ? [statements.revokeAllOfSubject, filter.subjectId]
          : [statements.revokeAllOfContract, filter.contract];
      return transaction(async (run) => only((await run(statement, [value, reason])).rows).count);
    },

    ...subjectsIn(connections),
    ...keySetsIn(connections),
    ...auditIn(connections),
    ...purgingIn(connections),
    ...importingIn(connections),

    probe: async () => {
      await repeatable(statements.read, ['']);
      await repeatable(statements.probe);
    },
    close: connections.close,
  };
}

function matching(
  wanted: Readonly<Record<string, string | undefined>>,
  after: { readonly createdAt: number; readonly id: string } | undefined,
): { readonly text: string; readonly values: readonly unknown[] } {
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
  const conditions = given.map(([column], index) => `${column} = $${String(index + 1)}`);
  const values: unknown[] = given.map(([, value]) => value);
  if (after !== undefined) {
    conditions.push(`(created_at, id) > ($${String(values.length + 1)}, $${String(values.length + 2)})`);
    values.push(after.createdAt, after.id);
  }
  return { text: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

function stateOf({ now, session, subject }: StateRow): StoredState {
  return {
    now,
    session: session === null ? undefined : sessionOf(session),
    subject: subject === null ? undefined : subjectOf(subject),
  };
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}
