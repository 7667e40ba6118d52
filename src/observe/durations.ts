// How long things took, for what is observed several times in every refresh: counted in buckets, and written as
// Prometheus reads it. prom-client's own histograms look their labels up anew at each observation; those of one refresh
// took a tenth of its time.

/** What one family of durations is made of; seconds, or whatever else is counted. */
export interface DurationsOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

export interface Durations {
  /** Begins at zero what is observed under these labels. @returns what observes a value */
  readonly under: (labels?: Readonly<Record<string, string>>) => (value: number) => void;
  /** In the text format of Prometheus, version 0.0.4. */
  readonly text: () => string;
}

export function createDurations({ name, help, buckets }: DurationsOptions): Durations {
  const all: Observed[] = [];
  return {
    under: (labels = {}) => {
      const written = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const observed: Observed = { written, counts: buckets.map(() => 0), count: 0, sum: 0 };
      all.push(observed);
      return (value) => {
        const place = buckets.findIndex((bound) => value <= bound);
        // Above the last bound it is in none but +Inf, which is the count.
        if (place >= 0) observed.counts[place] = (observed.counts[place] ?? 0) + 1;
        observed.count += 1;
        observed.sum += value;
      };
    },
    text: () =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} histogram`,
        ...all.flatMap((observed) => linesOf(name, buckets, observed)),
      ].join('\n') + '\n',
  };
}

interface Observed {
  readonly written: readonly string[];
  /** Of each bucket alone, without those below. */
  readonly counts: number[];
  count: number;
  sum: number;
}

function linesOf(name: string, buckets: readonly number[], { written, counts, count, sum }: Observed): string[] {
  const line = (suffix: string, labels: readonly string[], value: number): string =>
    `${name}_${suffix}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${String(value)}`;
  let below = 0;
  const lines = buckets.map((bound, index) => {
    below += counts[index] ?? 0;
    return line('bucket', [`le="${String(bound)}"`, ...written], below);
  });
  return [
    ...lines,
    line('bucket', ['le="+Inf"', ...written], count),
    line('sum', written, sum),
    line('count', written, count),
  ];
}
