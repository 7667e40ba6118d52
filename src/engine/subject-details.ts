// How long what tokens carry may be. A refresh token holds some of it and must stay below the length that is read.
import type { SubjectDetails } from './ports.ts';

/** What is to be remembered of a subject does not fit. The message is one sentence that names it. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError';
}

/** Characters. An e-mail address has at most 254 (RFC 5321 §4.5.3.1.3, errata 1690). */
const longest = 255;

/** @throws SubjectError for an id or a detail that is too long, and for an empty id */
export function checkSubject(id: string, details: SubjectDetails): void {
  if (id === '') throw new SubjectError('A subject needs an id.');
  for (const [name, value] of Object.entries({ id, ...details })) {
    if (value === undefined || value.length <= longest) continue;
    throw new SubjectError(
      `The ${name} of a subject may have at most ${String(longest)} characters, not ${String(value.length)}.`,
    );
  }
}
