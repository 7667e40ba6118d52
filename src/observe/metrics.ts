// Every metric that Prometheus reads, with its help text; no label holds a token, a subject or a session. Loaded with the
// admin listener, which alone serves them.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Counts } from '../admin/ports.ts';
import type { EngineEvent } from '../engine/ports.ts';
import type { HttpEvent } from '../http/types.ts';
import { outcomes, type RefreshOutcome } from './outcomes.ts';
import type { StoredKeySet } from '../signer/ports.ts';

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

/** Seconds, from a read in memory to a write on a busy disk. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Seconds, for the parts of a refresh. */
const fineBuckets = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, ...buckets.slice(0, -2)];

/** What the gauges read when the metrics are read. */
export interface GaugeSources {
  readonly count: () => Promise<Counts>;
  readonly readKeySets: () => Promise<readonly Pick<StoredKeySet, 'contract' | 'state'>[]>;
  /** Audit events that could not be written since the start. */
  readonly lost: () => number;
  /** Missing where the store is no server with connections. */
  readonly pool: (() => { readonly open: number; readonly idle: number; readonly waiting: number }) | undefined;
  readonly readiness: () => Promise<readonly { readonly part: string; readonly trouble: string | undefined }[]>;
}

/** @param contracts whose metrics begin at zero */
export function createMetrics(contracts: readonly string[], sources: GaugeSources): Metrics {
  const registry = new Registry();
  const registers = [registry];

  const refreshes = new Counter({
    name: 'refract_refreshes_total',
    help: 'Requests to refresh, by what they came to; reason is the way of a grant (rotation, repeat, renewal), the kind of a refusal, or what was throttled (address, session).',
    labelNames: ['contract', 'outcome', 'reason'],
    registers,
  });
  const durations = new Histogram({
    name: 'refract_refresh_duration_seconds',
    help: 'Time from the arrival of a request to refresh to its answer, reading its body included.',
    labelNames: ['contract'],
    buckets,
    registers,
  });
  // Every series begins at zero, so that a rate sees the first refusal of its kind.
  for (const contract of contracts) {
    durations.zero({ contract });
    for (const { kind, reason } of outcomes) refreshes.inc({ contract, outcome: kind, reason }, 0);
  }

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
  for (const outcome of Object.values(adminOutcomes)) adminRequests.inc({ outcome }, 0);

  const histogram = (name: string, help: string, bounds = buckets): Histogram =>
    new Histogram({ name, help, buckets: bounds, registers });
  const commits = histogram(
    'refract_group_commit_duration_seconds',
    'Time that a group of writes took until it was on disk, or had failed.',
  );
  const writes = histogram(
    'refract_group_commit_writes',
    'Writes that shared a commit; each look at whether the store can be written to is one of them.',
    [1, 2, 4, 8, 16, 32, 64, 128, 256],
  );
  const failures = new Counter({
    name: 'refract_group_commit_failures_total',
    help: 'Groups of writes that could not be committed; nothing of them was changed.',
    registers,
  });
  const reads = histogram(
    'refract_store_read_duration_seconds',
    'Time that reading a session with its subject took.',
    fineBuckets,
  );
  const signing = new Histogram({
    name: 'refract_signer_duration_seconds',
    help: 'Time that signing or verifying one token took.',
    labelNames: ['operation'],
    buckets: fineBuckets,
    registers,
  });
  for (const operation of ['sign', 'verify']) signing.zero({ operation });

  registerGauges(registry, sources);

  return {
    mediaType: registry.contentType,
    text: async () => [await registry.metrics(), await processRegistry().metrics()].join('\n'),
    refreshed: (contract, { kind, reason }, seconds) => {
      if (!contracts.includes(contract)) return;
      refreshes.inc({ contract, outcome: kind, reason });
      durations.observe({ contract }, seconds);
    },
    onEngineEvent: (event) => {
      if (event.type === 'issued') issued.inc({ contract: event.contract });
      else if (event.type === 'reused') reuses.inc({ contract: event.contract });
      else if (event.type === 'store_behind') behind.inc({ contract: event.contract });
    },
    onAdminEvent: ({ type }) => {
      adminRequests.inc({ outcome: adminOutcomes[type] });
    },
    onCommit: (group) => {
      writes.observe(group.writes);
      commits.observe(group.seconds);
      if (!group.isDurable) failures.inc();
    },
    onRead: (seconds) => reads.observe(seconds),
    onSigned: (seconds) => signing.observe({ operation: 'sign' }, seconds),
    onVerified: (seconds) => signing.observe({ operation: 'verify' }, seconds),
  };
}

function registerGauges(registry: Registry, { count, readKeySets, lost, readiness, pool }: GaugeSources): void {
  const registers = [registry];
  new Gauge({
    name: 'refract_sessions',
    help: 'Sessions in the store, by state: living, revoked, or over by time alone (expired).',
    labelNames: ['contract', 'state'],
    registers,
    async collect() {
      this.reset();
      const { contracts } = await orNothing(count(), { subjects: 0, contracts: [] });
      for (const { contract, ...states } of contracts) {
        for (const [state, sessions] of Object.entries(states)) this.set({ contract, state }, sessions);
      }
    },
  });
  new Gauge({
    name: 'refract_key_sets',
    help: 'Key sets by state: next (published, not yet signing), active, retired (still verifies).',
    labelNames: ['contract', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const { contract, state } of await orNothing(readKeySets(), [])) this.inc({ contract, state });
    },
  });
  new Counter({
    name: 'refract_audit_events_lost_total',
    help: 'Audit events that could not be written because the store was unavailable for too long.',
    registers,
    collect() {
      this.reset();
      this.inc(lost());
    },
  });
  if (pool !== undefined) {
    new Gauge({
      name: 'refract_database_connections',
      help: 'Connections to PostgreSQL: open, idle among them, and callers that wait for one.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, connections] of Object.entries(pool())) this.set({ state }, connections);
      },
    });
  }
  new Gauge({
    name: 'refract_ready',
    help: 'Whether a part of what /readyz asks for is well (1) or not (0).',
    labelNames: ['part'],
    registers,
    async collect() {
      for (const { part, trouble } of await readiness()) this.set({ part }, trouble === undefined ? 1 : 0);
    },
  });
}

async function orNothing<Answer>(asked: Promise<Answer>, nothing: Answer): Promise<Answer> {
  try {
    return await asked;
  } catch {
    // A scrape never fails; refract_ready and the responses with 503 report the store.
    return nothing;
  }
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

/** The metrics of the process, which all servers in it share. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
