// The tables of a copy with every column, one text for a row that both databases build alike, and the marks of copies.
import type { Value } from '../sql/operation.ts';
import { auditEvent, importedToken, keySet, session, subject, type Columns } from '../sql/rows.ts';
import { newerSchema, storeError } from '../store.ts';

/** By column. */
export type Row = Readonly<Record<string, Value>>;

export interface CopiedTable {
  readonly name: string;
  readonly columns: Columns;
  readonly key: readonly string[];
  /**
   * Locked and renamed when the copy is complete. The audit trail is not: late events of the source's servers follow,
   * and events of the target's servers stay.
   */
  readonly isFenced: boolean;
  /** The table that a column refers to. */
  readonly reference?: { readonly table: CopiedTable; readonly column: string };
  /** Existing rows are removed before new ones are written: a contract has one active key set. */
  readonly isRemovedFirst?: boolean;
}

const sessions: CopiedTable = { name: 'session', columns: session, key: ['id'], isFenced: true };
export const keySets: CopiedTable = {
  name: 'key_set',
  columns: keySet,
  key: ['id'],
  isFenced: true,
  isRemovedFirst: true,
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
  sessions,
  {
    name: 'imported_token',
    columns: importedToken,
    key: ['contract', 'hash'],
    isFenced: true,
    reference: { table: sessions, column: 'session_id' },
  },
  keySets,
];
export const allTables: readonly CopiedTable[] = [...fencedTables, auditEvents];

/** SQL of a row as one text: each value with its length before it, a dash for null. */
export function rowText({ columns }: CopiedTable): string {
  return Object.entries(columns)
    .map(([name, kind]) =>
      kind === 'text'
        ? `coalesce(octet_length(${name}) || ':' || ${name}, '-')`
        : `coalesce(CAST(${name} AS text), '-')`,
    )
    .join(` || ',' || `);
}

/** A key before all others of the table. */
export function lowestKey({ key, columns }: CopiedTable): readonly Value[] {
  return key.map((name) => (columns[name] === 'text' ? '' : Number.MIN_SAFE_INTEGER));
}

export function keyOf({ key }: Pick<CopiedTable, 'key'>, row: Row): readonly Value[] {
  return key.map((name) => row[name] ?? null);
}

/** SQL that changes a row if it exists. */
export function onConflict({ columns, key }: CopiedTable): string {
  const changed = Object.keys(columns).filter((column) => !key.includes(column));
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changed.map((column) => `${column} = excluded.${column}`).join(', ')}`;
}

/** A copy in which a database is or was the source or the target. */
export interface Mark {
  /** `leaving`: an open source. `left`: a closed source. `arriving`: a closed target. `arrived`: an open target. */
  readonly role: 'leaving' | 'left' | 'arriving' | 'arrived';
  /** The same in both databases. */
  readonly id: string;
  /** The name of the other database, as it may be printed. */
  readonly otherName: string;
  /** Seconds since 1970. */
  readonly at: number;
}

export const markTable = 'copy_mark';

export function findMark(marks: readonly Mark[], role: Mark['role']): Mark | undefined {
  return marks.find((mark) => mark.role === role);
}

export function copiedError(name: string, { otherName, at }: Mark): Error {
  const time = new Date(at * 1_000).toISOString().replace('.000Z', 'Z');
  return storeError(
    `${name} was copied to ${otherName} at ${time} and is closed; use that one, with the same master secret.`,
  );
}

export function unfinishedError(name: string, { otherName }: Mark): Error {
  return storeError(
    `${name} is the target of an unfinished copy from ${otherName}; run refract copy again to finish it.`,
  );
}

/** @throws RefractError `store` if it was copied elsewhere, or is the target of an unfinished copy that is refused too */
export function refuseCopied(name: string, marks: readonly Mark[], isUnfinishedRefused: boolean): void {
  const left = findMark(marks, 'left');
  if (left !== undefined) throw copiedError(name, left);
  const arriving = findMark(marks, 'arriving');
  if (arriving !== undefined && isUnfinishedRefused) throw unfinishedError(name, arriving);
}

export function refuseOtherSchema(name: string, version: number, known: number): never {
  if (version > known) {
    throw storeError(`${newerSchema(name, version, known)}; run the newer release that upgraded it.`);
  }
  throw storeError(`${name} has the older schema ${String(version)}; back it up, and start this release on it once.`);
}
