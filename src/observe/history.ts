// The last hour as the status page draws it: how many requests came to what, in slots of ten seconds. Fixed in size,
// and gone with the process; whoever wants more asks Prometheus.
import { kinds, type OutcomeKind } from './outcomes.ts';

/** Seconds. */
export const slotLength = 10;

/** An hour. */
export const slotCount = 360;

/** Counts by kind, oldest slot first; a kind that did not occur is left out. */
export type Series = { readonly [Kind in OutcomeKind]?: readonly number[] };

export interface History {
  readonly count: (contract: string, kind: OutcomeKind) => void;
  /** Seconds since 1970 at which the first slot begins; the last one is still being filled. */
  readonly begin: () => number;
  readonly read: (contract: string) => Series;
}

/** @param now milliseconds since 1970 */
export function createHistory(contracts: readonly string[], now: () => number = Date.now): History {
  const rings = new Map(contracts.map((name) => [name, kinds.map(() => new Uint32Array(slotCount))]));
  const slotNow = (): number => Math.floor(now() / 1000 / slotLength);
  let last = slotNow();

  /** Empties the slots that began since; a clock that was set back goes on filling the last one. */
  const move = (): void => {
    const current = slotNow();
    for (let slot = Math.max(last + 1, current - slotCount + 1); slot <= current; slot += 1) {
      for (const ring of [...rings.values()].flat()) ring[slot % slotCount] = 0;
    }
    last = Math.max(last, current);
  };

  return {
    count: (contract, kind) => {
      move();
      const ring = rings.get(contract)?.[kinds.indexOf(kind)];
      const place = last % slotCount;
      if (ring !== undefined) ring[place] = (ring[place] ?? 0) + 1;
    },
    begin: () => {
      move();
      return (last - slotCount + 1) * slotLength;
    },
    read: (contract) => {
      move();
      const first = (last + 1) % slotCount;
      const series: { [Kind in OutcomeKind]?: readonly number[] } = {};
      for (const [index, ring] of (rings.get(contract) ?? []).entries()) {
        const kind = kinds[index];
        if (kind !== undefined && ring.some((count) => count > 0)) {
          series[kind] = [...ring.subarray(first), ...ring.subarray(0, first)];
        }
      }
      return series;
    },
  };
}
