// What Prometheus reads. Every metric there is stands here with its help text; none has a token, a subject or a session
// in a label. Loaded when the admin listener opens, for nobody can read them before.
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import type { EngineEvent } from '../engine/ports.ts';
import type { HttpEvent } from '../http/types.ts';
import { createDurations } from './durations.ts';
import { registerGauges, type GaugeSources } from './gauges.ts';
import { outcomes, type RefreshOutcome } from './outcomes.ts';

/** Durations in seconds. */
export interface Metrics {
  /** With the version of the text format. */
  readonly mediaType: string;
  readonly text: () => Promise<string>;
  readonly refreshed: (contract: string, outcome: RefreshOutcome, seconds: number) => void;
  readonly onEngineEvent: (event: EngineEvent) => void;
  /** @param event what the admin listener tells */
  readonly onAdminEvent: (event: HttpEvent) => void;
  readonly onCommit: (group: {
    readonly writes: number;
    readonly seconds: number;
    readonly isDurable: boolean;
  }) => void;
  readonly onRead: (seconds: number) => void;
  readonly onSigned: (seconds: number) => void;
  readonly onVerified: (seconds: number) => void;
}

/** Seconds: from what memory answers to what a busy disk does. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Seconds: below, for what is done many times in a refresh. */
const fineBuckets = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, ...buckets.slice(0, -2)];

/** @param contracts whose metrics begin at zero */
export function createMetrics(contracts: readonly string[], sources: GaugeSources): Metrics {
  const registry = new Registry();
  const registers = [registry];

  new Counter({
    name: 'refract_refreshes_total',
    help: 'Requests to refresh, by what they came to; reason is the way of a grant (rotation, repeat, renewal), the kind of a refusal, or what was throttled (address, session).',
    labelNames: ['contract', 'outcome', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [contract, { counts }] of byContract) {
        for (const [{ kind, reason }, count] of counts) this.inc({ contract, outcome: kind, reason }, count);
      }
    },
  });
  const durations = createDurations({
    name: 'refract_refresh_duration_seconds',
    help: 'Time from the arrival of a request to refresh to its answer, reading its body included.',
    buckets,
  });
  // Everything begins at zero: a rate sees the first refusal of its kind, too.
  const byContract = new Map(
    contracts.map((contract) => {
      const counts = new Map<RefreshOutcome, number>(outcomes.map((outcome) => [outcome, 0]));
      return [contract, { counts, observe: durations.under({ contract }) }] as const;
    }),
  );

  const perContract = (name: string, help: string): Counter => {
    const counter = new Counter({ name, help, labelNames: ['contract'], registers });
    for (const contract of contracts) counter.inc({ contract }, 0);
    return counter;
  };
  const issued = perContract('refract_sessions_issued_total', 'Sessions that were issued.');
  const reuses = perContract(
    'refract_reuses_total',
    'Sessions that were ended because a superseded token came back after the grace period.',
  );
  const behind = perContract(
    'refract_store_behind_total',
    'Tokens that proved a generation which the store has lost: a restored backup, or a failover that lost commits.',
  );
  const adminRequests = new Counter({
    name: 'refract_admin_requests_total',
    help: 'Requests to the admin contract, by what they came to; no_credential is a missing or a wrong admin token.',
    labelNames: ['outcome'],
    registers,
  });
  const byAdminEvent = Object.fromEntries(
    Object.entries(adminOutcomes).map(([type, outcome]) => {
      adminRequests.inc({ outcome }, 0);
      return [type, adminRequests.labels({ outcome })];
    }),
  );

  const commits = createDurations({
    name: 'refract_group_commit_duration_seconds',
    help: 'Time that a group of writes took until it was on disk, or had failed.',
    buckets,
  });
  const writes = createDurations({
    name: 'refract_group_commit_writes',
    help: 'Writes that shared a commit; each look at whether the store can be written to is one of them.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  });
  const failures = new Counter({
    name: 'refract_group_commit_failures_total',
    help: 'Groups of writes that could not be committed; nothing of them was changed.',
    registers,
  });
  const reads = createDurations({
    name: 'refract_store_read_duration_seconds',
    help: 'Time that reading a session with its subject took.',
    buckets: fineBuckets,
  });
  const signing = createDurations({
    name: 'refract_signer_duration_seconds',
    help: 'Time that signing or verifying one token took.',
    buckets: fineBuckets,
  });
  const all = [durations, commits, writes, reads, signing];
  const [onCommitted, onWritten] = [commits.under(), writes.under()];

  registerGauges(registry, sources);

  return {
    mediaType: registry.contentType,
    text: async () =>
      [await registry.metrics(), ...all.map(({ text }) => text()), await processRegistry().metrics()].join('\n'),
    refreshed: (contract, outcome, seconds) => {
      const its = byContract.get(contract);
      if (its === undefined) return;
      its.counts.set(outcome, (its.counts.get(outcome) ?? 0) + 1);
      its.observe(seconds);
    },
    onEngineEvent: (event) => {
      if (event.type === 'issued') issued.inc({ contract: event.contract });
      else if (event.type === 'reused') reuses.inc({ contract: event.contract });
      else if (event.type === 'store_behind') behind.inc({ contract: event.contract });
    },
    onAdminEvent: ({ type }) => {
      byAdminEvent[type]?.inc();
    },
    onCommit: (group) => {
      onWritten(group.writes);
      onCommitted(group.seconds);
      if (!group.isDurable) failures.inc();
    },
    onRead: reads.under(),
    onSigned: signing.under({ operation: 'sign' }),
    onVerified: signing.under({ operation: 'verify' }),
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

let ofProcess: Registry | undefined;

/** Of the process as a whole, of which there is one, however many servers are in it. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
