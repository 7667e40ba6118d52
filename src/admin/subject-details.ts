// Limits for the texts of subjects and sessions. A refresh token carries some of them and has a maximum length itself.
// The command line, the admin contract and imports all use these checks.
import { RefractError } from '../errors.ts';
import type { SubjectDetails } from '../engine/session.ts';

/** Characters. An e-mail address has at most 254 (RFC 5321 §4.5.3.1.3, errata 1690). */
export const maxDetailLength = 255;

/** Characters. */
const maxLabelLength = 200;

/** @throws RefractError `invalid` for a session label that is too long or malformed */
export function checkLabel(label: string): void {
  if (isMalformed(label)) throw invalid('The label of a session must be well-formed Unicode without NUL.');
  // Counted in code points, as JSON Schema's maxLength does.
  const { length } = Array.from(label);
  if (length > maxLabelLength) throw tooLong('label of a session', maxLabelLength, length);
}

/** @throws RefractError `invalid` for an id or a detail that is too long, and for an id that no URL can contain */
export function checkSubject(id: string, details: SubjectDetails): void {
  if (id === '') throw invalid('A subject needs an id.');
  // In a URL these are dot segments (RFC 3986 §5.2.4), and malformed text cannot be encoded.
  if (id === '.' || id === '..' || isMalformed(id)) {
    throw invalid('The id of a subject must be well-formed Unicode without NUL, and not "." or "..".');
  }
  for (const [name, value] of Object.entries({ id, ...details })) {
    if (value === undefined) continue;
    if (isMalformed(value)) throw invalid(`The ${name} of a subject must be well-formed Unicode without NUL.`);
    if (value.length > maxDetailLength) throw tooLong(`${name} of a subject`, maxDetailLength, value.length);
  }
}

/** Half of a surrogate pair would be stored as another character, and PostgreSQL cannot store NUL. */
export function isMalformed(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0');
}

function invalid(message: string): RefractError {
  return new RefractError('invalid', message);
}

function tooLong(what: string, most: number, length: number): RefractError {
  return invalid(`The ${what} may have at most ${String(most)} characters, not ${String(length)}.`);
}
