// What a proof is: a promise of the design, everything its part knows to break on purpose, and what was seen.

export interface Part {
  /** In one sentence. */
  readonly promise: string;
  /** Programs that it needs, with the Debian package of each. */
  readonly needs?: Readonly<Record<string, string>>;
  readonly prove: (context: Context) => Promise<Proof>;
}

export interface Context {
  /** The tree whose product is proved: this one, or a copy with a bug planted in it. */
  readonly tree: string;
  /** The part's own folder, removed at its end. */
  readonly folder: string;
  /** Less of everything: for every change. */
  readonly isQuick: boolean;
  /** How long the soak lasts. */
  readonly minutes: number;
  /** From 0 up to 1; the same numbers for the same seed. */
  readonly random: () => number;
  /** Prints a line of progress. */
  readonly say: (line: string) => void;
  /** Stops it when the part ends, however that is; what was begun last is stopped first. */
  readonly stopAfter: <Begun extends Stoppable>(begun: Begun) => Begun;
}

export interface Stoppable {
  readonly stop: () => Promise<void> | void;
}

export interface Proof {
  /** How much was tried: requests, tokens, chains. */
  readonly cases: number;
  /** How much was broken on purpose. */
  readonly faults: number;
  /** A sentence each; the promise holds where there is none. */
  readonly violations: readonly string[];
  readonly figures?: Readonly<Record<string, string | number>>;
}
