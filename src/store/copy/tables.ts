// What a copy carries over: every table with every column, and one text for a row that both databases make alike, so
// that each of them can digest its own rows.
import { RefractError } from '../../errors.ts';
import type { AuditEvent } from '../../admin/ports.ts';
import type { Session, Subject } from '../../engine/session.ts';
import type { StoredKeySet } from '../../signer/ports.ts';

type Kind = 'text' | 'integer';
export type Value = string | number | null;
/** By column. */
export type Row = Readonly<Record<string, Value>>;

export interface CopiedTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, Kind>>;
  readonly key: readonly string[];
  /**
   * Locked and taken away from the servers of the source when the copy is complete. The audit trail is not: their late
   * events follow, and events of the target's servers stay.
   */
  readonly isFenced: boolean;
  /** The table whose id a row needs, and the column of its own that has it. */
  readonly needs?: { readonly table: CopiedTable; readonly column: string };
  /** Its rows cannot exist beside the ones they replace: a contract has one active key set. */
  readonly isReplaced?: boolean;
}

interface ImportedToken {
  contract: string;
  hash: string;
  sessionId: string;
  issuedAt: number;
  expiresAt: number;
}

/** The column that keeps a member: `subjectId` in `subject_id`. */
type ColumnOf<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${ColumnOf<Rest>}`
  : '';
type Columns<Stored> = Record<ColumnOf<keyof Stored>, Kind>;

const subject = {
  id: 'text',
  credential_version: 'text',
  email: 'text',
  account: 'text',
  role: 'text',
  disabled_at: 'integer',
  deleted_at: 'integer',
} satisfies Columns<Subject>;

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
} satisfies Columns<Session>;

const importedToken = {
  contract: 'text',
  hash: 'text',
  session_id: 'text',
  issued_at: 'integer',
  expires_at: 'integer',
} satisfies Columns<ImportedToken>;

const keySet = {
  id: 'text',
  contract: 'text',
  state: 'text',
  sealed: 'text',
  created_at: 'integer',
  retired_at: 'integer',
} satisfies Columns<StoredKeySet>;

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
} satisfies Columns<AuditEvent>;

const sessions: CopiedTable = { name: 'session', columns: session, key: ['id'], isFenced: true };
export const keySets: CopiedTable = { name: 'key_set', columns: keySet, key: ['id'], isFenced: true, isReplaced: true };
export const auditEvents: CopiedTable = {
  name: 'audit_event',
  columns: auditEvent,
  key: ['at', 'id'],
  isFenced: false,
};

/** In the order in which they are copied. */
export const fencedTables: readonly CopiedTable[] = [
  { name: 'subject', columns: subject, key: ['id'], isFenced: true },
  sessions,
  {
    name: 'imported_token',
    columns: importedToken,
    key: ['contract', 'hash'],
    isFenced: true,
    needs: { table: sessions, column: 'session_id' },
  },
  keySets,
];
export const allTables: readonly CopiedTable[] = [...fencedTables, auditEvents];

/** SQL of the row as one text: each value with its length before it, a dash for none. */
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

export function keyOf({ key }: Pick<CopiedTable, 'key'>, row: Row): readonly Value[] {
  return key.map((name) => row[name] ?? null);
}

/** SQL: a row that exists already is changed. */
export function upsert({ columns, key }: CopiedTable): string {
  const changing = Object.keys(columns).filter((column) => !key.includes(column));
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

export function refuseOtherSchema(place: string, version: number, known: number): never {
  throw new RefractError(
    'store',
    `${place} has schema ${String(version)}, and this Refract copies schema ${String(known)}; ${version > known ? 'run the newer release that upgraded it' : 'back it up, and start this release on it once'}.`,
  );
}
