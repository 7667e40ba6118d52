// A part of the proof: its promise, what it needs, and what it runs in.

export interface Part {
  /** One sentence. */
  readonly promise: string;
  /** Programs that it needs, with the Debian package of each. */
  readonly needs?: Readonly<Record<string, string>>;
  readonly prove: (context: Context) => Promise<Proof>;
}

export interface Context {
  /** The tree whose product is proved: this one, or a copy with a planted bug. */
  readonly tree: string;
  /** A folder of the part, removed at its end. */
  readonly folder: string;
  /** Whether there are fewer cases and faults, for a check of every change. */
  readonly isQuick: boolean;
  /** Length of the soak. */
  readonly minutes: number;
  /** Returns a number from 0 up to 1; the same numbers for the same seed. */
  readonly random: () => number;
  /** Prints a line of progress. */
  readonly print: (line: string) => void;
  /** Records and prints a broken promise, in one sentence. */
  readonly violate: (sentence: string) => void;
  /** Records a violation unless the condition holds. */
  readonly expect: (holds: boolean, sentence: string) => void;
  /** The violations of the part so far. */
  readonly violations: readonly string[];
  /** Stops something when the part ends, also where the part fails; the last one is stopped first. */
  readonly stopAtEnd: <Started extends Stoppable>(started: Started) => Started;
}

export interface Stoppable {
  readonly stop: () => Promise<void> | void;
}

export interface Proof {
  /** How many requests, tokens or runs were tried. */
  readonly cases: number;
  /** How many faults were injected. */
  readonly faults: number;
  readonly figures?: Readonly<Record<string, string | number>>;
}
