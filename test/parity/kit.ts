// Compares every documented response of three targets with the document: the server, its mock, and the server behind
// Prism's proxy.
import { createMock } from '../../scripts/mock.ts';
import type { LoadedContract } from '../../src/app/contracts.ts';
import { withoutCors } from '../shared/documented.ts';
import { call, type WireAnswer } from '../shared/wire.ts';
import { casesOf, type ParityCase } from './cases.ts';
import { differencesFrom } from './differences.ts';
import { startProxy } from './proxy.ts';
import { relayed, type Listening } from '../shared/relay.ts';
import { callOf, createStage } from './stage.ts';

export const targets = ['server', 'mock', 'proxy'] as const;
export type Target = (typeof targets)[number];

export interface ParityKit {
  readonly cases: readonly ParityCase[];
  /** One sentence for each difference; it names contract, status, example and target. */
  readonly differences: (wanted: ParityCase, target: Target) => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

/** Replaces a target, to show that a difference is found. */
export interface ParityOptions {
  readonly served?: readonly LoadedContract[];
  readonly mocked?: readonly LoadedContract[];
  /** Replaces the server's response before the proxy. */
  readonly alter?: (answer: WireAnswer) => WireAnswer;
}

/** Starts all targets of `contracts`; call `stop`. */
export function createParityKit(contracts: readonly LoadedContract[], options: ParityOptions = {}): ParityKit {
  const { served = contracts, mocked = contracts, alter } = options;
  const stage = createStage(served);
  const documents = contracts.map(({ document }) => document);
  const proxies = new Map<string, Promise<Listening>>();
  const proxyBefore = (origin: string): Promise<Listening> => {
    const proxy = proxies.get(origin) ?? startProxy(documents, origin, alter);
    proxies.set(origin, proxy);
    return proxy;
  };
  let mock: Promise<Listening> | undefined;

  const answers: Readonly<Record<Target, (wanted: ParityCase) => Promise<WireAnswer>>> = {
    server: (wanted) => stage.provoke(wanted, call),
    mock: async (wanted) => {
      const { origin } = await (mock ??= startMock(mocked));
      const { status, example } = wanted;
      const { headers, ...rest } = callOf(wanted, 'any-token');
      const prefer = `code=${String(status)}${example === undefined ? '' : `, example=${example}`}`;
      return withoutCors(await call(origin, { ...rest, headers: { ...headers, prefer } }));
    },
    proxy: (wanted) =>
      stage.provoke(wanted, async (origin, good) => call((await proxyBefore(origin)).origin, relayed(good))),
  };

  return {
    cases: casesOf(contracts),
    differences: async (wanted, target) => {
      const found = differencesFrom(wanted, await answers[target](wanted));
      return found.map((difference) => `${wanted.name}, ${target}: ${difference}`);
    },
    stop: async () => {
      for (const proxy of proxies.values()) await (await proxy).stop();
      await (await mock)?.stop();
      await stage.stop();
    },
  };
}

async function startMock(contracts: readonly LoadedContract[]): Promise<Listening> {
  const mock = await createMock(contracts, false);
  return { origin: await mock.listen(0, '127.0.0.1'), stop: mock.close };
}
