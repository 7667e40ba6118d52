// The audit trail.
import type { AuditEvent, AuditFilter, AuditStore } from '../../admin/ports.ts';
import { query, toItems, type Dialect, type Operation, type Query } from './operation.ts';
import { auditEvent, eventColumns, toEvent, toMember, type Row } from './rows.ts';

/** Columns with an index in the order of the list, the most selective first. */
const filters = { session_id: 'sessionId', subject_id: 'subjectId', type: 'type', contract: 'contract' } as const;

type Page = Parameters<AuditStore['readAudit']>[1];

/**
 * The statement of a page. It has given filters only: one statement for all filters could use no index. A plus keeps
 * SQLite from every index but the first (sqlite.org, "The SQLite Query Optimizer Overview", §5.1).
 */
export function auditQuery({ prefix, withoutIndex }: Dialect, filter: AuditFilter, { after, limit }: Page): Query {
  const values = [filter.since ?? 0, after?.at ?? Number.MAX_SAFE_INTEGER, after?.id ?? '', limit];
  const conditions = Object.entries(filters).flatMap(([column, member]) => {
    const value = filter[member];
    return value === undefined ? [] : [`${column} = $${String(values.push(value))}`];
  });
  const text = `SELECT ${eventColumns} FROM ${prefix}audit_event
     WHERE ${conditions.map((condition, index) => `${index === 0 ? '' : withoutIndex}${condition} AND `).join('')}
           at >= $1 AND (at, id) < ($2, $3)
     ORDER BY at DESC, id DESC LIMIT $4`;
  return { text, values };
}

export function auditOperations(dialect: Dialect) {
  const { prefix, now, items } = dialect;
  const columns = Object.keys(auditEvent).filter((column) => column !== 'at');
  const values = columns.map((column) => `item.value->>'${toMember(column)}'`);
  return {
    /** All events in one statement: all are added or none. */
    *appendAudit(events: Parameters<AuditStore['appendAudit']>[0]): Operation<void> {
      yield* query(
        `INSERT INTO ${prefix}audit_event (at, ${columns.join(', ')}) SELECT ${now}, ${values.join(', ')} FROM ${items}`,
        [toItems(events)],
      );
    },
    *readAudit(filter: AuditFilter, page: Page): Operation<readonly AuditEvent[]> {
      const { text, values } = auditQuery(dialect, filter, page);
      return (yield* query<Row<AuditEvent>>(text, values)).rows.map(toEvent);
    },
    *cutAudit(age: number, most: number): Operation<number> {
      const oldest = `SELECT at, id FROM ${prefix}audit_event WHERE at < ${now} - $1 ORDER BY at, id LIMIT $2`;
      const { changes } = yield* query(`DELETE FROM ${prefix}audit_event WHERE (at, id) IN (${oldest})`, [age, most]);
      return changes;
    },
  };
}
