// What a copy carries over: every table with every column, and one text for a row that both databases make alike, so
// that each of them can digest its own rows.
import type { AuditRow, KeySetRow, SessionRow, SubjectRow } from '../rows.ts';

type Kind = 'text' | 'integer';
export type Value = string | number | null;
/** By column. */
export type Row = Readonly<Record<string, Value>>;

export interface CopiedTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, Kind>>;
  readonly key: readonly string[];
  /**
   * Held and taken away from the source's servers when the copy is complete. The audit trail is not: what they have yet
   * to write down follows when all is done, and what the target's servers have written down stays.
   */
  readonly isFenced: boolean;
  /** What a row needs to be there before it: another table's id in a column of its own. */
  readonly needs?: { readonly table: string; readonly column: string };
  /** Its rows may not stand beside the ones they replace, not for a moment: one active key set to a contract. */
  readonly isReplaced?: boolean;
}

interface ImportedTokenRow {
  contract: string;
  hash: string;
  session_id: string;
  issued_at: number;
  expires_at: number;
}

const subject = {
  id: 'text',
  credential_version: 'text',
  email: 'text',
  account: 'text',
  role: 'text',
  disabled_at: 'integer',
  deleted_at: 'integer',
} satisfies Record<keyof SubjectRow, Kind>;

const session = {
  id: 'text',
  contract: 'text',
  policy: 'text',
  subject_id: 'text',
  credential_version: 'text',
  generation: 'integer',
  rotated_at: 'integer',
  key_id: 'text',
  created_at: 'integer',
  expires_at: 'integer',
  revoked_at: 'integer',
  revoked_reason: 'text',
  label: 'text',
} satisfies Record<keyof SessionRow, Kind>;

const importedToken = {
  contract: 'text',
  hash: 'text',
  session_id: 'text',
  issued_at: 'integer',
  expires_at: 'integer',
} satisfies Record<keyof ImportedTokenRow, Kind>;

const keySet = {
  id: 'text',
  contract: 'text',
  state: 'text',
  sealed: 'text',
  created_at: 'integer',
  retired_at: 'integer',
} satisfies Record<keyof KeySetRow, Kind>;

const auditEvent = {
  at: 'integer',
  id: 'text',
  type: 'text',
  contract: 'text',
  subject_id: 'text',
  session_id: 'text',
  reason: 'text',
  request_id: 'text',
  address: 'text',
  user_agent: 'text',
  actor: 'text',
} satisfies Record<keyof AuditRow, Kind>;

export const keySets: CopiedTable = {
  name: 'key_set',
  columns: keySet,
  key: ['id'],
  isFenced: true,
  isReplaced: true,
};
export const auditEvents: CopiedTable = {
  name: 'audit_event',
  columns: auditEvent,
  key: ['at', 'id'],
  isFenced: false,
};

/** In the order in which they are copied. */
export const fencedTables: readonly CopiedTable[] = [
  { name: 'subject', columns: subject, key: ['id'], isFenced: true },
  { name: 'session', columns: session, key: ['id'], isFenced: true },
  {
    name: 'imported_token',
    columns: importedToken,
    key: ['contract', 'hash'],
    isFenced: true,
    needs: { table: 'session', column: 'session_id' },
  },
  keySets,
];
export const allTables: readonly CopiedTable[] = [...fencedTables, auditEvents];

/** The row as one text, as an expression of either database: the length tells where a value ends, a dash is none. */
export function lineOf({ columns }: CopiedTable): string {
  return Object.entries(columns)
    .map(([name, kind]) =>
      kind === 'text'
        ? `coalesce(octet_length(${name}) || ':' || ${name}, '-')`
        : `coalesce(CAST(${name} AS text), '-')`,
    )
    .join(` || ',' || `);
}

/** Where the order of a table begins. */
export function lowestKey({ key, columns }: CopiedTable): Value[] {
  return key.map((name) => (columns[name] === 'text' ? '' : Number.MIN_SAFE_INTEGER));
}
