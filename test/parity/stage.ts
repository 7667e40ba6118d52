// Servers with the real causes of documented responses: one works, one throttles, and one has an unreadable database. Each
// starts when it is needed.
import type { LoadedContract } from '../../src/app/contracts.ts';
import { exampleCall } from '../../src/http/example-call.ts';
import { breakableSigner, refusedTokens, spoil } from '../shared/provoking.ts';
import { startServer, type TestServer } from '../shared/server.ts';
import { call, type WireAnswer, type WireCall } from '../shared/wire.ts';
import { causeOf, type ParityCase } from './cases.ts';

export interface Stage {
  /** Creates the cause of a response and sends the request by `ask`. */
  readonly provoke: (wanted: ParityCase, ask: Ask) => Promise<WireAnswer>;
  readonly stop: () => Promise<void>;
}

export type Ask = (origin: string, wanted: WireCall) => Promise<WireAnswer>;

/** `stop` it. */
export function createStage(contracts: readonly LoadedContract[]): Stage {
  const started: Promise<TestServer>[] = [];
  const once = <Result>(start: () => Promise<Result>): (() => Promise<Result>) => {
    let result: Promise<Result> | undefined;
    return () => (result ??= start());
  };
  const start = (options: Parameters<typeof startServer>[0]): Promise<TestServer> => {
    const server = startServer({ contracts, ...options });
    started.push(server);
    return server;
  };

  const signer = breakableSigner(() => Promise.reject(new TypeError('broken on purpose')));
  const whole = once(() => start({ wrapSigner: signer.wrapSigner }));
  const limited = once(() => start({ environment: { REFRACT_FAILURE_LIMIT: '1' } }));
  const spoilt = once(async () => {
    const server = await start({});
    const tokens = new Map<string, string>();
    for (const { name } of contracts) tokens.set(name, await server.issue(name));
    spoil(server.database);
    return { server, tokens };
  });

  return {
    provoke: async (wanted, ask) => {
      const { name } = wanted.contract;
      const cause = causeOf(wanted);
      switch (cause) {
        case 'granted': {
          const server = await whole();
          return ask(server.origin, callOf(wanted, await server.issue(name)));
        }
        case 'violation': {
          const server = await whole();
          return ask(server.origin, violationOf(callOf(wanted, await server.issue(name))));
        }
        case 'invalid_token':
        case 'unprocessable_token':
        case 'missing_subject': {
          const server = await whole();
          // None of the three takes its time.
          const tokens = refusedTokens(server, name, { sessionLifetime: 0, gracePeriod: 0 });
          return ask(server.origin, callOf(wanted, await tokens[cause]()));
        }
        case 'throttled': {
          const server = await limited();
          await call(server.origin, callOf(wanted, 'not.a.token'));
          return ask(server.origin, callOf(wanted, await server.issue(name)));
        }
        case 'unavailable': {
          const { server, tokens } = await spoilt();
          return ask(server.origin, callOf(wanted, tokens.get(name) ?? ''));
        }
        case 'fault': {
          const server = await whole();
          const token = await server.issue(name);
          signer.isBroken = true;
          try {
            return await ask(server.origin, callOf(wanted, token));
          } finally {
            signer.isBroken = false;
          }
        }
      }
    },
    stop: async () => {
      const outcomes = await Promise.allSettled(started);
      for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.stop();
    },
  };
}

/** The example call with a token. */
export function callOf({ contract: { document }, operation }: ParityCase, token: string): WireCall {
  return exampleCall(document, operation, token);
}

/** A call that violates every document: a body of the wrong type, or a repeated credential. */
function violationOf(good: WireCall): WireCall {
  if (good.body !== undefined) return { ...good, body: '[]' };
  const twice = Object.entries(good.headers ?? {}).map(([name, value]) => [name, [value, value].flat()]);
  return { ...good, headers: Object.fromEntries(twice) as Record<string, string[]> };
}
