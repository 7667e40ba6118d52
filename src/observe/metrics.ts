// The metrics for Prometheus. No label holds a token, a subject or a session. Loaded with the admin listener, which is the
// only reader.
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import type { HttpEvent } from '../http/types.ts';
import { registerGauges, type GaugeSources } from './gauges.ts';
import { outcomes, type MetricsObserver, type RefreshOutcome } from './outcomes.ts';

export interface Metrics extends MetricsObserver {
  /** Includes the version of the text format. */
  readonly mediaType: string;
  readonly text: () => Promise<string>;
}

/** Seconds: from a response out of memory to a busy disk. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Seconds, for steps that a refresh repeats. */
const fineBuckets = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, ...buckets.slice(0, -2)];

/** Creates the metrics. @param contracts whose counters start at zero, so that a rate includes their first event */
export function createMetrics(contracts: readonly string[], sources: GaugeSources): Metrics {
  const registry = new Registry();
  const registers = [registry];

  new Counter({
    name: 'refract_refreshes_total',
    help: 'Requests to refresh by outcome; reason is the kind of a grant (rotation, repeat, renewal) or of a refusal, or what was throttled (address, session).',
    labelNames: ['contract', 'outcome', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [contract, { counts }] of refreshes) {
        for (const [{ kind, reason }, count] of counts) this.inc({ contract, outcome: kind, reason }, count);
      }
    },
  });
  const durations = createHistogram({
    name: 'refract_refresh_duration_seconds',
    help: 'Time from the head of a request to refresh to its response, including its body.',
    buckets,
  });
  const refreshes = new Map(
    contracts.map((contract) => {
      const counts = new Map<RefreshOutcome, number>(outcomes.map((outcome) => [outcome, 0]));
      return [contract, { counts, observe: durations.addSeries({ contract }) }] as const;
    }),
  );

  const countByContract = (name: string, help: string): Counter => {
    const counter = new Counter({ name, help, labelNames: ['contract'], registers });
    for (const contract of contracts) counter.inc({ contract }, 0);
    return counter;
  };
  const issued = countByContract('refract_sessions_issued_total', 'Sessions issued.');
  const reuses = countByContract(
    'refract_reuses_total',
    'Sessions revoked because a superseded token was presented after the grace period.',
  );
  const behind = countByContract(
    'refract_store_behind_total',
    'Tokens of a generation that the store has lost: a restored backup, or a failover that lost commits.',
  );
  const adminRequests = new Counter({
    name: 'refract_admin_requests_total',
    help: 'Requests to the admin contract by outcome; no_credential is a missing or wrong admin token.',
    labelNames: ['outcome'],
    registers,
  });
  const adminCounters = Object.fromEntries(
    Object.entries(adminOutcomes).map(([type, outcome]) => {
      adminRequests.inc({ outcome }, 0);
      return [type, adminRequests.labels({ outcome })];
    }),
  );

  const commits = createHistogram({
    name: 'refract_group_commit_duration_seconds',
    help: 'Time until a group of writes was on disk or had failed.',
    buckets,
  });
  const writes = createHistogram({
    name: 'refract_group_commit_writes',
    help: 'Writes that shared a commit; a probe of the store counts as a write.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  });
  const failedCommits = new Counter({
    name: 'refract_group_commit_failures_total',
    help: 'Groups of writes that failed and changed nothing.',
    registers,
  });
  const reads = createHistogram({
    name: 'refract_store_read_duration_seconds',
    help: 'Time to read a session with its subject.',
    buckets: fineBuckets,
  });
  const signing = createHistogram({
    name: 'refract_signer_duration_seconds',
    help: 'Time to sign or verify one token.',
    buckets: fineBuckets,
  });
  const histograms = [durations, commits, writes, reads, signing];
  const [observeCommit, observeWrites] = [commits.addSeries(), writes.addSeries()];
  const observeStep = {
    read: reads.addSeries(),
    signed: signing.addSeries({ operation: 'sign' }),
    verified: signing.addSeries({ operation: 'verify' }),
  };

  registerGauges(registry, sources);

  return {
    mediaType: registry.contentType,
    text: async () =>
      [await registry.metrics(), ...histograms.map(({ text }) => text()), await processRegistry().metrics()].join('\n'),
    onRefresh: (contract, outcome, seconds) => {
      const { counts, observe } = refreshes.get(contract) ?? {};
      counts?.set(outcome, (counts.get(outcome) ?? 0) + 1);
      observe?.(seconds);
    },
    onEngineEvent: (event) => {
      if (event.type === 'issued') issued.inc({ contract: event.contract });
      else if (event.type === 'reused') reuses.inc({ contract: event.contract });
      else if (event.type === 'store_behind') behind.inc({ contract: event.contract });
    },
    onAdminEvent: ({ type }) => {
      adminCounters[type]?.inc();
    },
    onCommit: (group) => {
      observeWrites(group.writes);
      observeCommit(group.seconds);
      if (!group.isDurable) failedCommits.inc();
    },
    onTimed: (step, seconds) => {
      observeStep[step](seconds);
    },
  };
}

const adminOutcomes = {
  answered: 'answered',
  unread: 'unread',
  violation: 'violation',
  noCredential: 'no_credential',
  throttled: 'throttled',
  fault: 'fault',
} as const satisfies Readonly<Record<HttpEvent['type'], string>>;

let defaultRegistry: Registry | undefined;

/** Returns the registry of the process, which all servers of the process share. */
function processRegistry(): Registry {
  if (defaultRegistry === undefined) {
    defaultRegistry = new Registry();
    collectDefaultMetrics({ register: defaultRegistry });
  }
  return defaultRegistry;
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

export interface Histogram {
  /** Adds a series, which starts at zero. @returns the function that observes a value */
  readonly addSeries: (labels?: Readonly<Record<string, string>>) => (value: number) => void;
  /** In the text format of Prometheus, version 0.0.4. */
  readonly text: () => string;
}

/** Creates a histogram. prom-client's own looks up the labels for each value (6 % of the CPU time of a refresh). */
export function createHistogram({ name, help, buckets: bounds }: HistogramOptions): Histogram {
  const allSeries: Series[] = [];
  return {
    addSeries: (labels = {}) => {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const series: Series = { labels: pairs, counts: bounds.map(() => 0), count: 0, sum: 0 };
      allSeries.push(series);
      return (value) => {
        const index = bounds.findIndex((bound) => value <= bound);
        // A value above the last bound is only in +Inf, which is `count`.
        if (index >= 0) series.counts[index] = (series.counts[index] ?? 0) + 1;
        series.count += 1;
        series.sum += value;
      };
    },
    text: () =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} histogram`,
        ...allSeries.flatMap((series) => linesOf(name, bounds, series)),
      ].join('\n') + '\n',
  };
}

interface Series {
  readonly labels: readonly string[];
  /** By bucket, not cumulative. */
  readonly counts: number[];
  count: number;
  sum: number;
}

function linesOf(name: string, bounds: readonly number[], { labels, counts, count, sum }: Series): string[] {
  const line = (suffix: string, pairs: readonly string[], value: number): string =>
    `${name}_${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${String(value)}`;
  let cumulative = 0;
  const bucketLines = bounds.map((bound, index) => {
    cumulative += counts[index] ?? 0;
    return line('bucket', [`le="${String(bound)}"`, ...labels], cumulative);
  });
  return [
    ...bucketLines,
    line('bucket', ['le="+Inf"', ...labels], count),
    line('sum', labels, sum),
    line('count', labels, count),
  ];
}
