// The part of the store that keeps the audit trail.
import type { AuditEvent, AuditStore } from '../../admin/ports.ts';
import { eventOf, type AuditRow } from '../rows.ts';
import type { Connections } from './connections.ts';
import { batchTimeout } from './purge.ts';

const columns =
  'at, id, type, contract, subject_id, session_id, reason, request_id, address, user_agent, actor' as const;

export function auditIn({ once, repeatable, transaction }: Connections): AuditStore {
  return {
    // Not tried again where the answer was lost: an event must not stand there twice.
    appendAudit: async (events) => {
      await once(append, columnsOf(events));
    },
    readAudit: async ({ type, contract, subjectId, sessionId, since = 0 }, { after, limit }) => {
      const { at = Number.MAX_SAFE_INTEGER, id = '' } = after ?? {};
      const wanted = { type, contract, subject_id: subjectId, session_id: sessionId };
      const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
      // Only what was asked for stands in the statement, so that the index that serves it is seen.
      const conditions = given.map(([column], index) => `AND ${column} = $${String(index + 5)}`).join(' ');
      const { rows } = await repeatable<AuditRow & Record<string, unknown>>(
        {
          text: `SELECT ${columns} FROM refract.audit_event
                  WHERE at >= $1 AND (at, id) < ($2, $3) ${conditions} ORDER BY at DESC, id DESC LIMIT $4`,
        },
        [since, at, id, limit, ...given.map(([, value]) => value)],
      );
      return rows.map(eventOf);
    },
    cutAudit: (age, most) => transaction(async (run) => (await run({ text: cut }, [age, most])).changes, batchTimeout),
  };
}

const append = {
  name: 'refract_append_audit',
  text: `INSERT INTO refract.audit_event (${columns})
         SELECT clock.now, event.*
           FROM (SELECT refract.now() AS now OFFSET 0) AS clock,
                unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                       $9::text[], $10::text[]) AS event`,
};

const cut = `DELETE FROM refract.audit_event WHERE (at, id) IN
  (SELECT at, id FROM refract.audit_event, (SELECT refract.now() AS now OFFSET 0) AS clock
    WHERE at < clock.now - $1::bigint ORDER BY at, id LIMIT $2)`;

type Written = Omit<AuditEvent, 'at'>;

/** One array for each column, in the order of the statement. */
function columnsOf(events: readonly Written[]): unknown[][] {
  const of = (name: keyof Written) => events.map((event) => event[name] ?? null);
  return [
    ...[of('id'), of('type'), of('contract'), of('subjectId'), of('sessionId'), of('reason')],
    ...[of('requestId'), of('address'), of('userAgent'), of('actor')],
  ];
}
