// Parses the rows of a bulk import: one JSON object a line, with the members that the admin contract documents. Messages
// repeat no value of a row, because it may be a token in the wrong member.
import { isRefractError, RefractError } from '../errors.ts';
import type { components } from '../../generated/admin.ts';
import { checkSubject } from './subject-details.ts';

export type SubjectRow = Parsed<components['schemas']['ImportSubject']>;

/** Times are seconds since 1970. */
export type SessionRow = Parsed<components['schemas']['ImportSession']>;

/** A documented row, in which a missing member and null are `undefined`. */
type Parsed<Row> = {
  readonly [Name in keyof Row]-?: null extends Row[Name] ? NonNullable<Row[Name]> | undefined : Row[Name];
};

/** Bytes. A row with the longest possible token has about a third of it. */
const maxLineLength = 16_384;

const lineFeed = 10;

/** A line that is not empty. */
export interface Line {
  /** As in an editor: the first is 1. */
  readonly number: number;
  /** `undefined` for a line that is too long. */
  readonly bytes: Uint8Array | undefined;
}

/** Splits a stream into lines, without those that are empty or white space. Buffers at most one line. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const append = (bytes: Uint8Array): void => {
    length += bytes.length;
    if (length > maxLineLength) pieces = [];
    else pieces.push(bytes);
  };
  const endLine = (): readonly Line[] => {
    const bytes = length > maxLineLength ? undefined : Buffer.concat(pieces);
    const isBlank = bytes?.every((byte) => byte === 32 || byte === 13 || byte === 9) === true;
    const line = { number, bytes };
    number += 1;
    pieces = [];
    length = 0;
    return isBlank ? [] : [line];
  };
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, begin)) {
      append(chunk.subarray(begin, end));
      yield* endLine();
      begin = end + 1;
    }
    append(chunk.subarray(begin));
  }
  yield* endLine();
}

/** Characters. */
const maxLabelLength = 255;

/** Seconds, in the year 5138. A larger number is probably in milliseconds. */
const lastSecond = 99_999_999_999;

/** Whether a value can be a time. */
export function isSecond(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastSecond;
}

/** @throws RefractError `row` or `unreadable_row`; the message follows "line 3: " */
export function parseRow(bytes: Uint8Array): SubjectRow | SessionRow {
  const members = parseMembers(bytes);
  if (members['kind'] === 'subject') return parseSubject(members);
  if (members['kind'] === 'session') return parseSession(members);
  throw badRow('its kind is neither "subject" nor "session"');
}

type Members = Readonly<Record<string, unknown>>;

function parseMembers(bytes: Uint8Array): Members {
  let value: unknown;
  try {
    value = JSON.parse(strictUtf8.decode(bytes));
  } catch {
    throw new RefractError('unreadable_row', 'it is not JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RefractError('unreadable_row', 'it is not a JSON object');
  return { ...value };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function parseSubject(members: Members): SubjectRow {
  const { text, required } = membersOf(members, ['kind', 'id', 'email', 'account', 'role', 'disabled']);
  const id = required('id');
  const details = { email: text('email'), account: text('account'), role: text('role') };
  const disabled = members['disabled'] ?? false;
  if (typeof disabled !== 'boolean') throw badRow('its disabled is neither true nor false');
  try {
    checkSubject(id, details);
  } catch (reason) {
    if (!isRefractError(reason, 'invalid')) throw reason;
    throw badRow('its id or a detail is too long or malformed, or its id is empty, "." or ".."');
  }
  return { kind: 'subject', id, ...details, disabled };
}

function parseSession(members: Members): SessionRow {
  const names = ['kind', 'contract', 'subjectId', 'label', 'createdAt', 'expiresAt', 'refreshToken'] as const;
  const { text, required, seconds } = membersOf(members, names);
  const label = text('label');
  if (label !== undefined && label.length > maxLabelLength) throw badRow('its label is too long');
  if (label?.isWellFormed() === false) throw badRow('its label is malformed text');
  return {
    kind: 'session',
    contract: required('contract'),
    subjectId: required('subjectId'),
    label,
    createdAt: seconds('createdAt'),
    expiresAt: seconds('expiresAt'),
    refreshToken: required('refreshToken'),
  };
}

/** Reads members by name. @throws RefractError `row` for a member that is not in `names`: it may be misspelt */
function membersOf<Name extends string>(members: Members, names: readonly Name[]) {
  const known: readonly string[] = names;
  if (Object.keys(members).some((name) => !known.includes(name))) {
    throw badRow(`it has an unknown member; use ${names.join(', ')}`);
  }
  const text = (name: Name): string | undefined => {
    const value = members[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw badRow(`its ${name} is not a string`);
    if (value?.includes('\0')) throw badRow(`its ${name} contains NUL`);
    return value;
  };
  const required = (name: Name): string => {
    const value = text(name);
    if (value === undefined) throw badRow(`its ${name} is missing`);
    return value;
  };
  const seconds = (name: Name): number | undefined => {
    const value = members[name] ?? undefined;
    if (value === undefined || (isSecond(value) && Number.isInteger(value))) return value;
    throw badRow(`its ${name} is not a whole number of seconds since 1970`);
  };
  return { text, required, seconds };
}

export function badRow(message: string): RefractError {
  return new RefractError('row', message);
}
