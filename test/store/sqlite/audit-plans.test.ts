// How SQLite finds the events of the audit trail: by an index, in the order in which they are read, whatever the filter.
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AuditFilter } from '../../../src/admin/ports.ts';
import { auditQuery } from '../../../src/store/sqlite/audit.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { temporaryFolder } from '../../shared/folder.ts';

/** How each filter finds its events, where it is alone and where the ones before it are not there. */
const indexes = [
  ['sessionId', 'audit_by_session', 'session_id'],
  ['subjectId', 'audit_by_subject', 'subject_id'],
  ['type', 'audit_by_type', 'type'],
  ['contract', 'audit_by_contract', 'contract'],
] as const;

/** Every set of filters that there can be. */
const sets = Array.from({ length: 2 ** indexes.length }, (_, bits) => indexes.filter((_one, bit) => (bits >> bit) & 1));

/** What SQLite says it does to run a statement. */
function planOf(query: string): string[] {
  const database = openDatabase(join(temporaryFolder(), 'refract.db'), 0);
  onTestFinished(() => {
    database.close();
  });
  const values = { sessionId: 's', subjectId: 's', type: 'refused', contract: 'fib' };
  return database
    .prepare<[object], { detail: string }>(`EXPLAIN QUERY PLAN ${query}`)
    .all({ ...values, since: 0, afterAt: 9, afterId: 'x', limit: 5 })
    .map(({ detail }) => detail);
}

describe('a page of the audit trail', () => {
  test.each(sets.map((set) => [set.map(([member]) => member).join(' and ') || 'nothing', set] as const))(
    'by %s is sought by one index, and sorted by nothing else',
    (_what, set) => {
      const filter: AuditFilter = Object.fromEntries(set.map(([member]) => [member, 'x']));
      const [, index, column] = set[0] ?? [];
      const means = index === undefined ? 'PRIMARY KEY (' : `INDEX ${index} (${column}=? AND `;
      expect(planOf(auditQuery(filter))).toEqual([`SEARCH audit_event USING ${means}at>? AND (at,id)<(?,?))`]);
    },
  );
});
