// What a database knows of copies that it had a part in, and what that means for whoever wants to work with it.
import { RefractError } from '../../errors.ts';

/**
 * One of a copy's two ends. `leaving` and `arriving`: it is under way, and the source serves. `left`: the source is shut
 * for good. `arrived`: the target is open.
 */
export interface Mark {
  readonly role: 'leaving' | 'left' | 'arriving' | 'arrived';
  /** The same at both ends. */
  readonly id: string;
  /** The other end, as it may be printed. */
  readonly place: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** No database has this table before it had a part in a copy. */
export const markTable = 'copy_mark';

/** Under which names the fenced tables are found. */
export function prefixOf(marks: readonly Mark[]): '' | 'copied_' | 'arriving_' {
  if (marks.some(({ role }) => role === 'left')) return 'copied_';
  return marks.some(({ role }) => role === 'arriving') ? 'arriving_' : '';
}

/** One sentence about a database that was copied away. */
export function leftSentence(place: string, { place: target, at }: Mark): string {
  const time = new Date(at * 1_000).toISOString().replace('.000Z', 'Z');
  return `${place} was copied to ${target} at ${time} and is shut; go on there, under the same master secret.`;
}

/** One sentence about a database that a copy has not yet filled. */
export function arrivingSentence(place: string, { place: source }: Mark): string {
  return `${place} is the target of an unfinished copy from ${source}; run refract copy again to finish it.`;
}

/** @throws RefractError `store` where it was copied away, or is still being filled and so cannot be served from this file */
export function refuseMarked(place: string, marks: readonly Mark[], isArrivingRefused: boolean): void {
  const left = marks.find(({ role }) => role === 'left');
  if (left !== undefined) throw new RefractError('store', leftSentence(place, left));
  const arriving = marks.find(({ role }) => role === 'arriving');
  if (arriving !== undefined && isArrivingRefused) throw new RefractError('store', arrivingSentence(place, arriving));
}
