// The part of the store that keeps the audit trail.
import type { AuditEvent, AuditStore } from '../../admin/ports.ts';
import { eventColumns, eventOf, type Row } from '../rows.ts';
import type { Connections } from './connections.ts';
import { batchTimeout } from './sessions.ts';

export function auditIn({ once, repeatable, transaction }: Connections): AuditStore {
  return {
    // Not retried where the response was lost: an event must not be appended twice.
    appendAudit: async (events) => {
      const of = (name: keyof Omit<AuditEvent, 'at'>) => events.map((event) => event[name] ?? null);
      await once(append, [
        ...[of('id'), of('type'), of('contract'), of('subjectId'), of('sessionId'), of('reason')],
        ...[of('requestId'), of('address'), of('userAgent'), of('actor')],
      ]);
    },
    readAudit: async ({ type, contract, subjectId, sessionId, since = 0 }, { after, limit }) => {
      const { at = Number.MAX_SAFE_INTEGER, id = '' } = after ?? {};
      const filter = [type, contract, subjectId, sessionId].map((value) => value ?? null);
      return (await repeatable<Row<AuditEvent>>(read, [since, at, id, limit, ...filter])).rows.map(eventOf);
    },
    cutAudit: (age, most) => transaction(async (run) => (await run(cut, [age, most])).changes, batchTimeout),
  };
}

const append = {
  name: 'refract_append_audit',
  text: `INSERT INTO refract.audit_event
                (at, id, type, contract, subject_id, session_id, reason, request_id, address, user_agent, actor)
         SELECT clock.now, event.*
           FROM (SELECT refract.now() AS now OFFSET 0) AS clock,
                unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::text[], $10::text[]) AS event`,
};

// Without a name, so that PostgreSQL plans it for its values and uses the index of the filter that is given.
const read = `SELECT ${eventColumns} FROM refract.audit_event
  WHERE at >= $1 AND (at, id) < ($2::bigint, $3::text)
    AND ($5::text IS NULL OR type = $5) AND ($6::text IS NULL OR contract = $6)
    AND ($7::text IS NULL OR subject_id = $7) AND ($8::text IS NULL OR session_id = $8)
  ORDER BY at DESC, id DESC LIMIT $4`;

const cut = `DELETE FROM refract.audit_event WHERE (at, id) IN
  (SELECT at, id FROM refract.audit_event, (SELECT refract.now() AS now OFFSET 0) AS clock
    WHERE at < clock.now - $1::bigint ORDER BY at, id LIMIT $2)`;
