// The part of the store that keeps the audit trail.
import type { Database, Statement } from 'better-sqlite3';
import type { AuditEvent, AuditFilter, AuditStore } from '../../admin/ports.ts';
import { eventColumns, eventOf, type Row } from '../rows.ts';
import type { GroupCommit } from './group-commit.ts';
import { reading } from './reading.ts';

/** Filters, the most selective first; each has an index in the order of the list. */
const columns = [
  ['sessionId', 'session_id'],
  ['subjectId', 'subject_id'],
  ['type', 'type'],
  ['contract', 'contract'],
] as const;

/**
 * The statement that reads a page, one for each set of filters: one for all could use no index. A plus keeps SQLite from
 * the index of any but the first (sqlite.org, "The SQLite Query Optimizer Overview", §5.1).
 */
export function auditQuery(filter: AuditFilter): string {
  const conditions = columns
    .filter(([member]) => filter[member] !== undefined)
    .map(([member, column], index) => `${index === 0 ? '' : '+'}${column} = $${member} AND `);
  return `SELECT ${eventColumns} FROM audit_event
           WHERE ${conditions.join('')}at >= $since AND (at, id) < ($afterAt, $afterId)
           ORDER BY at DESC, id DESC LIMIT $limit`;
}

/** @param clock integer seconds since 1970 */
export function auditIn(database: Database, { commit }: GroupCommit, clock: () => number): AuditStore {
  const append = database.prepare<[object]>(
    `INSERT INTO audit_event (at, id, type, contract, subject_id, session_id, reason, request_id, address, user_agent, actor)
     VALUES ($at, $id, $type, $contract, $subjectId, $sessionId, $reason, $requestId, $address, $userAgent, $actor)`,
  );
  const reads = new Map<string, Statement<[object], Row<AuditEvent>>>();
  const readBy = (filter: AuditFilter): Statement<[object], Row<AuditEvent>> => {
    const query = auditQuery(filter);
    const read = reads.get(query) ?? database.prepare<[object], Row<AuditEvent>>(query);
    reads.set(query, read);
    return read;
  };
  const cut = database.prepare<[object]>(
    `DELETE FROM audit_event WHERE (at, id) IN
       (SELECT at, id FROM audit_event WHERE at < $before ORDER BY at, id LIMIT $most)`,
  );
  const appendAll = database.transaction((events: readonly Omit<AuditEvent, 'at'>[]) => {
    const at = clock();
    for (const event of events) append.run({ at, ...nulled(event) });
  });

  return {
    appendAudit: (events) =>
      commit(() => {
        appendAll(events);
      }),
    readAudit: reading(({ since = 0, ...filter }, { after, limit }) =>
      readBy(filter)
        .all({ ...filter, since, limit, afterAt: after?.at ?? Number.MAX_SAFE_INTEGER, afterId: after?.id ?? '' })
        .map(eventOf),
    ),
    cutAudit: (age, most) => commit(() => cut.run({ before: clock() - age, most }).changes),
  };
}

function nulled(event: Omit<AuditEvent, 'at'>): object {
  const { id, type, contract, subjectId, sessionId, reason, requestId, address, userAgent, actor } = event;
  const optional = { contract, subjectId, sessionId, reason, requestId, address, userAgent, actor };
  return { id, type, ...Object.fromEntries(Object.entries(optional).map(([name, value]) => [name, value ?? null])) };
}
