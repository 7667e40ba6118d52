// The rows of a bulk import, one JSON object a line. What does not fit is told without any of its values: one of them
// may be a token in the wrong place. Their members are those that the admin contract documents.
import { isRefractError, RefractError } from '../errors.ts';
import type { components } from '../../generated/admin.ts';
import { checkSubject } from './subject-details.ts';

export type SubjectRow = Read<components['schemas']['ImportSubject']>;

/** Times are seconds since 1970. */
export type SessionRow = Read<components['schemas']['ImportSession']>;

/** A row of the document as it was read: what is left out, or null, is `undefined`. */
type Read<Row> = {
  readonly [Name in keyof Row]-?: null extends Row[Name] ? NonNullable<Row[Name]> | undefined : Row[Name];
};

/** Characters. */
const longestLabel = 255;

/** Seconds, in the year 5138: what is more was meant as milliseconds. */
const lastSecond = 99_999_999_999;

/** Reads a row. @throws RefractError `row` or `unreadable_row`; the message ends a sentence that begins with the line */
export function rowOf(bytes: Uint8Array): SubjectRow | SessionRow {
  const members = parsed(bytes);
  switch (members['kind']) {
    case 'subject':
      return subjectRow(members);
    case 'session':
      return sessionRow(members);
    default:
      throw new RefractError('row', 'its kind is neither "subject" nor "session"');
  }
}

/** Whether a number can be a time. */
export function isSecond(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond;
}

type Members = Readonly<Record<string, unknown>>;

function parsed(bytes: Uint8Array): Members {
  let value: unknown;
  try {
    value = JSON.parse(strictUtf8.decode(bytes));
  } catch {
    throw new RefractError('unreadable_row', 'it is not JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RefractError('unreadable_row', 'it is no JSON object');
  return { ...value };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function subjectRow(members: Members): SubjectRow {
  refuseOthers<SubjectRow>(members, ['kind', 'id', 'email', 'account', 'role', 'disabled']);
  const row: SubjectRow = {
    kind: 'subject',
    id: text(members, 'id'),
    email: textOrNone(members, 'email'),
    account: textOrNone(members, 'account'),
    role: textOrNone(members, 'role'),
    disabled: flag(members, 'disabled'),
  };
  const { id, email, account, role } = row;
  try {
    checkSubject(id, { email, account, role });
  } catch (reason) {
    if (isRefractError(reason, 'invalid'))
      throw new RefractError(
        'row',
        'its id or one of its details is too long or broken text, or its id is empty, . or ..',
      );
    throw reason;
  }
  return row;
}

function sessionRow(members: Members): SessionRow {
  refuseOthers<SessionRow>(members, [
    'kind',
    'contract',
    'subjectId',
    'label',
    'createdAt',
    'expiresAt',
    'refreshToken',
  ]);
  const label = textOrNone(members, 'label');
  if (label !== undefined && label.length > longestLabel) throw new RefractError('row', 'its label is too long');
  if (label?.isWellFormed() === false) throw new RefractError('row', 'its label is broken text');
  return {
    kind: 'session',
    contract: text(members, 'contract'),
    subjectId: text(members, 'subjectId'),
    label,
    createdAt: seconds(members, 'createdAt'),
    expiresAt: seconds(members, 'expiresAt'),
    refreshToken: text(members, 'refreshToken'),
  };
}

/** A misspelt member would be left out in silence otherwise. */
function refuseOthers<Row>(members: Members, known: readonly (keyof Row & string)[]): void {
  const names: readonly string[] = known;
  if (Object.keys(members).some((name) => !names.includes(name))) {
    throw new RefractError('row', `it has a member that is none of ${known.join(', ')}`);
  }
}

function text(members: Members, name: string): string {
  const value = textOrNone(members, name);
  if (value === undefined) throw new RefractError('row', `its ${name} is missing`);
  return value;
}

function textOrNone(members: Members, name: string): string | undefined {
  const value = members[name] ?? undefined;
  if (typeof value === 'string' && value.includes('\0'))
    throw new RefractError('row', `its ${name} has a NUL character`);
  if (value === undefined || typeof value === 'string') return value;
  throw new RefractError('row', `its ${name} is no string`);
}

function seconds(members: Members, name: string): number | undefined {
  const value = members[name] ?? undefined;
  if (value === undefined) return undefined;
  if (isSecond(value) && Number.isInteger(value)) return value;
  throw new RefractError('row', `its ${name} is no whole number of seconds since 1970`);
}

function flag(members: Members, name: string): boolean {
  const value = members[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new RefractError('row', `its ${name} is neither true nor false`);
}
