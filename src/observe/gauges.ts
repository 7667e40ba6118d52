// The metrics that are computed when they are read. A failed source leaves its metric out, so that a scrape never fails.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Counts } from '../admin/ports.ts';
import type { StoredKeySet } from '../signer/ports.ts';

export interface GaugeSources {
  readonly count: () => Promise<Counts>;
  readonly readKeySets: () => Promise<readonly Pick<StoredKeySet, 'contract' | 'state'>[]>;
  /** Returns the number of audit events lost since the start. */
  readonly lost: () => number;
  /** Undefined for a store without connections. */
  readonly pool: (() => { readonly open: number; readonly idle: number; readonly waiting: number }) | undefined;
  readonly readiness: () => Promise<readonly { readonly part: string; readonly trouble: string | undefined }[]>;
}

export function registerGauges(registry: Registry, { count, readKeySets, lost, readiness, pool }: GaugeSources): void {
  const registers = [registry];
  new Gauge({
    name: 'refract_sessions',
    help: 'Sessions in the store by state: living (active), revoked, expired.',
    labelNames: ['contract', 'state'],
    registers,
    async collect() {
      this.reset();
      const { contracts } = await count().catch(() => ({ contracts: [] }));
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
      for (const { contract, state } of await readKeySets().catch(() => [])) this.inc({ contract, state });
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
    help: 'Whether a part that /readyz checks is ready (1) or not (0).',
    labelNames: ['part'],
    registers,
    async collect() {
      for (const { part, trouble } of await readiness()) this.set({ part }, trouble === undefined ? 1 : 0);
    },
  });
}
