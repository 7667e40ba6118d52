// The arithmetic of the status page, in the browser: from the server's slots to bars, sums and words.
//
// One function that needs nothing from outside, for its text is what the browser gets (see assets.ts).
import type { StatusShown } from '../status.ts';
import type { Bar } from './status-drawings.ts';

export interface Figures {
  readonly barCount: number;
  /** What is drawn below the line, and the kinds of the server that make it up. */
  readonly below: readonly { readonly name: string; readonly kinds: readonly string[] }[];
  /** @param span seconds that all bars stand for together */
  readonly barsOf: (shown: StatusShown, span: number) => readonly Bar[];
  /** Requests of these kinds, of all contracts, in the whole time shown. */
  readonly total: (shown: StatusShown, kinds: readonly string[]) => number;
  readonly sum: (numbers: readonly number[]) => number;
  /** @param seconds of which a reader wants to know about how long that is */
  readonly durationOf: (seconds: number) => string;
  readonly counted: (count: number, name: string) => string;
}

export function figures(): Figures {
  const barCount = 60;
  const below = [
    { name: 'refused', kinds: ['refused'] },
    { name: 'not valid', kinds: ['violation', 'no_credential', 'unread'] },
    { name: 'throttled', kinds: ['throttled'] },
    { name: 'unavailable', kinds: ['unavailable'] },
    { name: 'fault', kinds: ['fault'] },
  ];

  return { barCount, below, barsOf, total, sum, durationOf, counted };

  /** As many slots together as make a bar; bars begin at whole multiples of their length, the last one is being filled. */
  function barsOf({ history: { begin, slotLength, slotCount }, contracts }: StatusShown, span: number): readonly Bar[] {
    const length = span / barCount;
    const end = Math.ceil((begin + slotCount * slotLength) / length) * length;
    return Array.from({ length: barCount }, (_bar, index) => {
      const at = end - (barCount - index) * length;
      const first = Math.max(Math.round((at - begin) / slotLength), 0);
      const last = Math.max(Math.round((at + length - begin) / slotLength), 0);
      const within = (counts: readonly number[] | undefined): number => sum(counts?.slice(first, last) ?? []);
      return {
        at,
        up: contracts.map(({ series }) => within(series['granted'])),
        down: below.map(({ kinds }) =>
          sum(contracts.flatMap(({ series }) => kinds.map((kind) => within(series[kind])))),
        ),
      };
    });
  }

  function total({ contracts }: StatusShown, kinds: readonly string[]): number {
    return sum(contracts.flatMap(({ series }) => kinds.flatMap((kind) => series[kind] ?? [])));
  }

  function sum(numbers: readonly number[]): number {
    return numbers.reduce((all, each) => all + each, 0);
  }

  function durationOf(seconds: number): string {
    if (seconds < 60) return `${String(seconds)} s`;
    if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min`;
    const hours = Math.floor(seconds / 3600);
    if (hours < 48) return `${String(hours)} h ${String(Math.floor((seconds % 3600) / 60))} min`;
    return `${String(Math.floor(hours / 24))} d`;
  }

  function counted(count: number, name: string): string {
    return `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`;
  }
}
