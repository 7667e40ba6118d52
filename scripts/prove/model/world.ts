// A real server over a database of the proof, with a clock that the proof sets, which can be restarted.
import { setClock } from '../../../test/shared/postgres.ts';
import { contracts, isGranted, refreshTokenIn, send, type ContractName } from '../../../test/shared/refreshing.ts';
import type { AdminClient } from '../../../test/shared/server-process.ts';
import type { TestServer } from '../../../test/shared/server.ts';
import { claimsOf } from '../../../test/shared/tokens.ts';
import { json, type WireAnswer } from '../../../test/shared/wire.ts';
import { startTreeServer } from '../tree-server.ts';
import type { Reference, Settings } from './reference.ts';

/** The response to one token, and what the server logs about it. */
export interface RefreshResult {
  readonly response: WireAnswer;
  /** The kind of grant, or the reason for a refusal. */
  readonly what: string;
  /** Of the refresh token in the response. */
  readonly generation: unknown;
}

export type World = Awaited<ReturnType<typeof startWorld>>;
export type Location = { readonly file: string } | { readonly url: string };

/** The store keeps a row for a day after its session's lifetime. */
export const retentionSeconds = 86_400;

/** @param tree whose product is served */
export async function startWorld(tree: string, location: Location) {
  let variant = 0;
  let second = 0;
  let server: TestServer;
  let admin: AdminClient;
  const start = async (): Promise<void> => {
    const environment = {
      REFRACT_MASTER_SECRET: 'a master secret of the model test and of nothing else',
      REFRACT_PURGE_INTERVAL: '0',
      ...('url' in location && { DATABASE_URL: location.url }),
      ...environmentOf(variant),
    };
    ({ server, admin } = await startTreeServer(tree, {
      environment,
      ...('file' in location && { database: location.file }),
    }));
    // PostgreSQL keeps its clock over a restart.
    if (second > 0) server.clock.now = second;
  };
  await start();
  return {
    admin: () => admin,
    variant: () => variant,
    refresh: async (contract: ContractName, token: string): Promise<RefreshResult> => {
      const response = await send(server.origin, contract, token);
      const id = response.headers['x-request-id'];
      const [event] = server.engineEvents.filter(
        (one) =>
          (one.type === 'refreshed' || one.type === 'refused' || one.type === 'unavailable') && one.requestId === id,
      );
      const reported =
        event?.type === 'refreshed' ? event.by : event?.type === 'refused' ? event.refusal : (event?.type ?? 'nothing');
      const granted = isGranted(contract, response);
      const current = granted && contract !== 'kirjaswappi' ? refreshTokenIn(contract, json(response)) : token;
      const isConsistent = granted === (event?.type === 'refreshed');
      const what = isConsistent ? reported : `${reported}, responded ${response.status}`;
      return { response, what, generation: claimsOf(current)['gen'] };
    },
    moveClock: async (to: number): Promise<void> => {
      // Nothing is pending now.
      server.engineEvents.length = 0;
      second = to;
      server.clock.now = to;
      if ('url' in location) await setClock(location.url, to);
    },
    /** Removes ended sessions, as a server does every ten minutes. */
    purge: async (): Promise<void> => {
      for (;;) {
        const { sessions, subjects } = await server.refract.store.purge(retentionSeconds, 200);
        if (sessions + subjects < 200) return;
      }
    },
    /** Stops the server and starts another over the same database. */
    restart: async (to: number): Promise<void> => {
      await server.stop();
      variant = to;
      await start();
    },
    stop: () => server.stop(),
  };
}

const [hour, day] = [3_600, 86_400];

/** The design's table. */
const standard: Reference['settings'] = {
  fib: { policy: 'single-use', grace: 60, refreshLifetime: 24 * hour, sessionLifetime: 7 * day },
  orillion: { policy: 'single-use', grace: 60, refreshLifetime: 24 * hour, sessionLifetime: 7 * day },
  xerial: { policy: 'single-use', grace: 60, refreshLifetime: 30 * day, sessionLifetime: 90 * day },
  kirjaswappi: { policy: 'static', grace: 60, refreshLifetime: 7 * day, sessionLifetime: 7 * day },
  cloudreve: { policy: 'reusable', grace: 60, refreshLifetime: 180 * day, sessionLifetime: 180 * day },
};

/** An operator's changes. An issued session keeps its policy; the grace period is the current one. */
const variants: readonly Partial<Record<ContractName, Partial<Settings>>>[] = [
  {},
  { cloudreve: { policy: 'single-use' }, xerial: { grace: 0 } },
  { fib: { grace: 0 }, orillion: { grace: 2 }, cloudreve: { grace: 0 } },
];
export const lastVariant = variants.length - 1;

export function settingsOf(variant: number): Reference['settings'] {
  const changed = contracts.map((contract) => [contract, { ...standard[contract], ...variants[variant]?.[contract] }]);
  // A member for each contract.
  return Object.fromEntries(changed) as Reference['settings'];
}

function environmentOf(variant: number): Readonly<Record<string, string>> {
  const changes = Object.entries(variants[variant] ?? {}).flatMap(([contract, { policy, grace }]) => [
    [`REFRACT_${contract.toUpperCase()}_POLICY`, policy],
    [`REFRACT_${contract.toUpperCase()}_GRACE_PERIOD`, grace?.toString()],
  ]);
  return Object.fromEntries(changes.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
