// What a subject and a session may be called, and how long what tokens carry may be: a refresh token holds some of it and must stay
// below the length that is read. The one check for the command line, the admin contract and imports.
import { RefractError } from '../errors.ts';
import type { SubjectDetails } from '../engine/session.ts';

/** Characters. An e-mail address has at most 254 (RFC 5321 §4.5.3.1.3, errata 1690). */
export const longestDetail = 255;

/** Characters. */
const longestLabel = 200;

/** @throws RefractError `invalid` for a label of a session that is too long or broken */
export function checkLabel(label: string): void {
  if (isBroken(label)) throw new RefractError('invalid', 'The label of a session is text of whole characters.');
  // As JSON Schema counts them, which has looked at what came over HTTP.
  const { length } = Array.from(label);
  if (length <= longestLabel) return;
  throw new RefractError(
    'invalid',
    `The label of a session may have at most ${String(longestLabel)} characters, not ${String(length)}.`,
  );
}

/** What would be stored as something else: half of a character, and NUL, which PostgreSQL cannot hold. */
function isBroken(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0');
}

/** @throws RefractError `invalid` for an id or a detail that is too long, and for an id that no URL can name */
export function checkSubject(id: string, details: SubjectDetails): void {
  if (id === '') throw new RefractError('invalid', 'A subject needs an id.');
  // Whoever makes a URL takes these for a way through folders (RFC 3986 §5.2.4), and cannot write what is no text.
  if (id === '.' || id === '..' || isBroken(id)) {
    throw new RefractError(
      'invalid',
      'The id of a subject is text that a URL can name: neither . nor .., and whole characters.',
    );
  }
  for (const [name, value] of Object.entries({ id, ...details })) {
    if (value !== undefined && isBroken(value))
      throw new RefractError('invalid', `The ${name} of a subject is text of whole characters.`);
    if (value === undefined || value.length <= longestDetail) continue;
    throw new RefractError(
      'invalid',
      `The ${name} of a subject may have at most ${String(longestDetail)} characters, not ${String(value.length)}.`,
    );
  }
}
