// The part of the store that keeps the audit trail.
import type { Database } from 'better-sqlite3';
import type { AuditEvent, AuditStore } from '../../engine/ports.ts';
import { eventOf, type AuditRow } from '../rows.ts';
import type { GroupCommit } from './group-commit.ts';
import { reading } from './reading.ts';

/** @param clock integer seconds since 1970 */
export function auditIn(database: Database, { commit }: GroupCommit, clock: () => number): AuditStore {
  const append = database.prepare<[object]>(
    `INSERT INTO audit_event (at, id, type, contract, subject_id, session_id, reason, request_id, address, user_agent, actor)
     VALUES ($at, $id, $type, $contract, $subjectId, $sessionId, $reason, $requestId, $address, $userAgent, $actor)`,
  );
  const read = database.prepare<[object], AuditRow>(
    `SELECT * FROM audit_event
      WHERE ($type IS NULL OR type = $type) AND ($contract IS NULL OR contract = $contract)
        AND ($subjectId IS NULL OR subject_id = $subjectId) AND ($sessionId IS NULL OR session_id = $sessionId)
        AND at >= $since AND (at, id) < ($afterAt, $afterId)
      ORDER BY at DESC, id DESC LIMIT $limit`,
  );
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
    readAudit: reading(({ type, contract, subjectId, sessionId, since = 0 }, { after, limit }) =>
      read
        .all({
          ...{ type: type ?? null, contract: contract ?? null, subjectId: subjectId ?? null },
          ...{ sessionId: sessionId ?? null, since, limit },
          ...{ afterAt: after?.at ?? Number.MAX_SAFE_INTEGER, afterId: after?.id ?? '' },
        })
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
