// The rows of a bulk import, one JSON object a line, with the members that the admin contract documents. Messages repeat
// no value of a row: one of them may be a token in the wrong place.
import { isRefractError, RefractError } from '../errors.ts';
import type { components } from '../../generated/admin.ts';
import { checkSubject } from './subject-details.ts';

export type SubjectRow = Read<components['schemas']['ImportSubject']>;

/** Times are seconds since 1970. */
export type SessionRow = Read<components['schemas']['ImportSession']>;

/** A documented row as it was read: a member that is missing or null is `undefined`. */
type Read<Row> = {
  readonly [Name in keyof Row]-?: null extends Row[Name] ? NonNullable<Row[Name]> | undefined : Row[Name];
};

/** Bytes. A row with the longest possible token has about a third of it. */
const longestLine = 16_384;

const lineFeed = 10;

/** A line that is not empty. */
export interface Line {
  /** As in an editor: the first is 1. */
  readonly number: number;
  /** `undefined` for a line that is too long. */
  readonly bytes: Uint8Array | undefined;
}

/** The lines of a stream, without those that are empty or white space. No more than one line is held. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let held: Uint8Array[] = [];
  let size = 0;
  const take = (bytes: Uint8Array): void => {
    size += bytes.length;
    if (size > longestLine) held = [];
    else held.push(bytes);
  };
  const finished = (): readonly Line[] => {
    const bytes = size > longestLine ? undefined : Buffer.concat(held);
    const isEmpty = bytes?.every((byte) => byte === 32 || byte === 13 || byte === 9) === true;
    const line = { number, bytes };
    number += 1;
    held = [];
    size = 0;
    return isEmpty ? [] : [line];
  };
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, begin)) {
      take(chunk.subarray(begin, end));
      yield* finished();
      begin = end + 1;
    }
    take(chunk.subarray(begin));
  }
  yield* finished();
}

/** Characters. */
const longestLabel = 255;

/** Seconds, in the year 5138: a larger number was meant as milliseconds. */
const lastSecond = 99_999_999_999;

/** Whether a number can be a time. */
export function isSecond(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond;
}

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
  const read = reader(members, ['kind', 'id', 'email', 'account', 'role', 'disabled']);
  const id = read.required('id');
  const details = { email: read.text('email'), account: read.text('account'), role: read.text('role') };
  const disabled = members['disabled'] ?? false;
  if (typeof disabled !== 'boolean') throw new RefractError('row', 'its disabled is neither true nor false');
  try {
    checkSubject(id, details);
  } catch (reason) {
    if (isRefractError(reason, 'invalid'))
      throw new RefractError(
        'row',
        'its id or one of its details is too long or broken text, or its id is empty, . or ..',
      );
    throw reason;
  }
  return { kind: 'subject', id, ...details, disabled };
}

function sessionRow(members: Members): SessionRow {
  const names = ['kind', 'contract', 'subjectId', 'label', 'createdAt', 'expiresAt', 'refreshToken'] as const;
  const read = reader(members, names);
  const label = read.text('label');
  if (label !== undefined && label.length > longestLabel) throw new RefractError('row', 'its label is too long');
  if (label?.isWellFormed() === false) throw new RefractError('row', 'its label is broken text');
  return {
    kind: 'session',
    contract: read.required('contract'),
    subjectId: read.required('subjectId'),
    label,
    createdAt: read.seconds('createdAt'),
    expiresAt: read.seconds('expiresAt'),
    refreshToken: read.required('refreshToken'),
  };
}

/** Reads members by name. @throws RefractError `row` for one that is not in `names`, since it may be misspelt */
function reader<Name extends string>(members: Members, names: readonly Name[]) {
  const known: readonly string[] = names;
  if (Object.keys(members).some((name) => !known.includes(name))) {
    throw new RefractError('row', `it has a member that is none of ${names.join(', ')}`);
  }
  const text = (name: Name): string | undefined => {
    const value = members[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw new RefractError('row', `its ${name} is no string`);
    if (value?.includes('\0')) throw new RefractError('row', `its ${name} has a NUL character`);
    return value;
  };
  return {
    text,
    required: (name: Name): string => {
      const value = text(name);
      if (value === undefined) throw new RefractError('row', `its ${name} is missing`);
      return value;
    },
    seconds: (name: Name): number | undefined => {
      const value = members[name] ?? undefined;
      if (value === undefined || (isSecond(value) && Number.isInteger(value))) return value;
      throw new RefractError('row', `its ${name} is no whole number of seconds since 1970`);
    },
  };
}
