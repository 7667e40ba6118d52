// What a proof is: a promise of the design, broken on purpose in every way that its part knows, and what was seen.

export interface Part {
  /** What is promised, in one sentence. */
  readonly promise: string;
  /** Programs that it needs and Debian's packages that have them. */
  readonly needs?: Readonly<Record<string, string>>;
  readonly prove: (context: Context) => Promise<Shown>;
}

export interface Context {
  /** The tree whose product is proved: this one, or a copy with a bug planted in it. */
  readonly tree: string;
  /** A folder of the part's own, which is removed when it is over. */
  readonly folder: string;
  /** Less of everything, for every change; the whole takes minutes. */
  readonly isQuick: boolean;
  /** How long what shows itself only with time is to last. */
  readonly minutes: number;
  /** From 0 up to 1; the same for the same seed. */
  readonly random: () => number;
  /** A line about how far it has come. */
  readonly say: (line: string) => void;
}

export interface Shown {
  /** What was tried: requests, tokens, chains. */
  readonly cases: number;
  /** What was broken on purpose. */
  readonly faults: number;
  /** A sentence each; none is what is promised. */
  readonly violations: readonly string[];
  /** Figures beside it. */
  readonly figures?: Readonly<Record<string, string | number>>;
}

/** Mulberry32: small, and good enough to choose what to break. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them. */
export function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}
