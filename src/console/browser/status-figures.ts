// The arithmetic of the status page: from the server's slots to bars, sums and words.
import type { StatusShown } from '../model.ts';

/** One bar: upwards what was granted by contract, downwards what was not by kind. */
export interface Bar {
  /** Seconds since 1970. */
  readonly at: number;
  readonly up: readonly number[];
  readonly down: readonly number[];
}

export const barCount = 60;

/** What the chart shows below the line, and the kinds of the server that make it up. */
export const below: readonly { readonly name: string; readonly kinds: readonly string[] }[] = [
  { name: 'refused', kinds: ['refused'] },
  { name: 'not valid', kinds: ['violation', 'no_credential', 'unread'] },
  { name: 'throttled', kinds: ['throttled'] },
  { name: 'unavailable', kinds: ['unavailable'] },
  { name: 'fault', kinds: ['fault'] },
];

/** A bar begins at a whole multiple of its length; the last one is being filled. @param span seconds of all bars */
export function barsOf({ history, contracts }: StatusShown, span: number): readonly Bar[] {
  const { begin, slotLength, slotCount } = history;
  const length = span / barCount;
  const end = Math.ceil((begin + slotCount * slotLength) / length) * length;
  return Array.from({ length: barCount }, (_bar, index) => {
    const at = end - (barCount - index) * length;
    const [first = 0, last] = [at, at + length].map((time) => Math.max(Math.round((time - begin) / slotLength), 0));
    const within = (counts: readonly number[] = []): number => sum(counts.slice(first, last));
    return {
      at,
      up: contracts.map(({ series }) => within(series['granted'])),
      down: below.map(({ kinds }) => sum(contracts.flatMap(({ series }) => kinds.map((kind) => within(series[kind]))))),
    };
  });
}

/** Requests of these kinds, of all contracts, in the whole time shown. */
export function total({ contracts }: Pick<StatusShown, 'contracts'>, kinds: readonly string[]): number {
  return sum(contracts.flatMap(({ series }) => kinds.flatMap((kind) => series[kind] ?? [])));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

/** About how long `seconds` are. */
export function durationOf(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? `${hours} h ${Math.floor((seconds % 3600) / 60)} min` : `${Math.floor(hours / 24)} d`;
}

export function counted(count: number, name: string): string {
  return `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`;
}
