// A real server over a database of the proof's own, whose clock is moved by hand, and which can be started again.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAdminClient } from '../../../generated/admin.client.ts';
import { setClock } from '../../../test/shared/postgres.ts';
import { isGranted, refreshTokenIn, send, type ContractName } from '../../../test/shared/refreshing.ts';
import type { TestServer } from '../../../test/shared/server.ts';
import { claimsOf } from '../../../test/shared/tokens.ts';
import { json, type WireAnswer } from '../../../test/shared/wire.ts';
import { environmentOf } from './settings.ts';

/** What came back for one token, and what the server says of it to its operator. */
export interface Answered {
  readonly answer: WireAnswer;
  /** How it was granted or why not; `503` and the like where the server tells nothing more. */
  readonly what: string;
  /** Of the refresh token that was given. */
  readonly generation: unknown;
}

export interface World {
  readonly admin: () => ReturnType<typeof createAdminClient>['client'];
  readonly refresh: (contract: ContractName, token: string) => Promise<Answered>;
  readonly moveClock: (second: number) => Promise<void>;
  /** Removes what is over, as a server does by itself every ten minutes. */
  readonly purge: () => Promise<void>;
  /** Stops the server and starts another over the same database. */
  readonly restart: (variant: number) => Promise<void>;
  readonly variant: () => number;
  readonly stop: () => Promise<void>;
}

export interface WorldOptions {
  /** Whose product is served. */
  readonly tree: string;
  readonly database: { readonly file: string } | { readonly url: string };
}

/** Seconds; the store keeps a row for a day after its session's lifetime. */
const keptAfterEnd = 86_400;

export async function startWorld({ tree, database }: WorldOptions): Promise<World> {
  const path = pathToFileURL(join(tree, 'test', 'shared', 'server.ts')).href;
  // The same file as the one whose type this is, of this tree or of a copy with a bug planted in it.
  const { startServer, adminToken } = (await import(path)) as typeof import('../../../test/shared/server.ts');
  let variant = 0;
  let second = 0;
  let server: TestServer;
  let admin: ReturnType<typeof createAdminClient>['client'];

  const setSecond = async (): Promise<void> => {
    server.clock.now = second;
    if ('url' in database) await setClock(database.url, second);
  };
  const start = async (): Promise<void> => {
    const environment = {
      REFRACT_MASTER_SECRET: 'a master secret of the model test and of nothing else',
      REFRACT_PURGE_INTERVAL: '0',
      ...('url' in database && { DATABASE_URL: database.url }),
      ...environmentOf(variant),
    };
    server = await startServer({ environment, ...('file' in database && { database: database.file }) });
    const headers = { authorization: `Bearer ${adminToken}` };
    ({ client: admin } = createAdminClient(await server.adminOrigin(), { headers }));
    // PostgreSQL keeps the clock that it was given.
    if (second > 0) server.clock.now = second;
  };
  await start();

  return {
    admin: () => admin,
    refresh: async (contract, token) => {
      const answer = await send(server.origin, contract, token);
      const events = server.engineEvents.filter(
        (event) => 'requestId' in event && event.requestId === answer.headers['x-request-id'],
      );
      const [event] = events.filter(({ type }) => type === 'refreshed' || type === 'refused' || type === 'unavailable');
      const told =
        event?.type === 'refreshed' ? event.by : event?.type === 'refused' ? event.refusal : (event?.type ?? 'nothing');
      const isConsistent = isGranted(contract, answer) === (event?.type === 'refreshed');
      const isAsDocumented = answer.status === statusOf(contract, told);
      const body = isGranted(contract, answer) && contract !== 'kirjaswappi' ? json(answer) : undefined;
      const given = body === undefined ? token : refreshTokenIn(contract, body);
      const { gen: generation } = claimsOf(given);
      return {
        answer,
        generation,
        what: isConsistent && isAsDocumented ? told : `${told}, answered ${String(answer.status)}`,
      };
    },
    moveClock: async (to) => {
      // Everything that was asked has been answered by now.
      server.engineEvents.length = 0;
      second = to;
      await setSecond();
    },
    purge: async () => {
      for (;;) {
        const { sessions, subjects } = await server.refract.store.purge(keptAfterEnd, 200);
        if (sessions + subjects < 200) return;
      }
    },
    restart: async (to) => {
      await server.stop();
      variant = to;
      await start();
    },
    variant: () => variant,
    stop: () => server.stop(),
  };
}

/** The design's table of answers, as far as their status goes. */
function statusOf(contract: ContractName, told: string): number {
  if (told === 'unavailable') return 503;
  if (['rotation', 'repeat', 'renewal'].includes(told) || contract === 'cloudreve') return 200;
  const hasNotFound = contract !== 'xerial';
  return told === 'missing_subject' && hasNotFound ? 404 : 401;
}
