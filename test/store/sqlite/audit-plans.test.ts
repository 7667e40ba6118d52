// SQLite finds the events of the audit trail by an index in their order, for each set of filters.
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuditFilter } from '../../../src/admin/ports.ts';
import { auditQuery } from '../../../src/store/sql/audit.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { dialect } from '../../../src/store/sqlite/statements.ts';
import { temporaryFolder } from '../../shared/folder.ts';

/** The index of each filter, if no filter before it is given. */
const indexes = [
  ['sessionId', 'audit_by_session', 'session_id'],
  ['subjectId', 'audit_by_subject', 'subject_id'],
  ['type', 'audit_by_type', 'type'],
  ['contract', 'audit_by_contract', 'contract'],
] as const;

/** Every set of filters. */
const sets = Array.from({ length: 2 ** indexes.length }, (_, bits) => indexes.filter((_one, bit) => (bits >> bit) & 1));

/** Reads SQLite's query plan of a page. */
function planOf(filter: AuditFilter): string[] {
  const database = openDatabase(join(temporaryFolder(), 'refract.db'), 0);
  onTestFinished(() => {
    database.close();
  });
  const { text, values } = auditQuery(dialect, filter, { limit: 5 });
  return database
    .prepare<[object], { detail: string }>(`EXPLAIN QUERY PLAN ${text}`)
    .all(Object.fromEntries(values.map((value, index) => [String(index + 1), value])))
    .map(({ detail }) => detail);
}

describe('readAudit()', () => {
  test.each(sets.map((set) => [set.map(([member]) => member).join(' and ') || 'nothing', set] as const))(
    'readAudit() by %s uses one index and sorts no rows',
    (_what, set) => {
      const filter: AuditFilter = Object.fromEntries(set.map(([member]) => [member, 'x']));
      const [, index, column] = set[0] ?? [];
      const means = index === undefined ? 'PRIMARY KEY (' : `INDEX ${index} (${column}=? AND `;
      expect(planOf(filter)).toEqual([`SEARCH audit_event USING ${means}at>? AND (at,id)<(?,?))`]);
    },
  );
});
