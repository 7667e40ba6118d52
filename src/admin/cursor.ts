// Where a page has ended, as an opaque word that fits one list and its filters alone.
import { createHash } from 'node:crypto';

/** A place in a list that is ordered by second and id. */
export interface Place {
  readonly at: number;
  readonly id: string;
}

/** @param list names the list with its filters */
export function cursorOf(list: string, { at, id }: Place): string {
  const text = `${String(at)}.${id}`;
  return Buffer.from(`${checkOf(list, text)}.${text}`).toString('base64url');
}

/** @returns the place, or `undefined` for a cursor that is not one of this list: mistyped, cut short, or of another */
export function placeOf(list: string, cursor: string): Place | undefined {
  const plain = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, check, at = '', id = ''] = /^([^.]+)\.(\d{1,15})\.([^]+)$/.exec(plain) ?? [];
  const place = { at: Number(at), id };
  return check !== undefined && cursorOf(list, place) === cursor ? place : undefined;
}

function checkOf(list: string, text: string): string {
  return createHash('sha256').update(`${list}\n${text}`).digest('base64url').slice(0, 10);
}
