// Thousands of tokens that nobody may be let in with, presented to a server of every contract: none is accepted, each is
// answered as documented, and what bears no signature of ours gets no further than the signature.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createAdminClient } from '../../generated/admin.client.ts';
import { isGranted, send } from '../../test/shared/refreshing.ts';
import { alteredFor } from './attacks/altered.ts';
import { claimedFor } from './attacks/claimed.ts';
import { forgedFor } from './attacks/forged.ts';
import type { Hostile } from './attacks/hostile.ts';
import { startListener } from './attacks/listener.ts';
import { createPresenter } from './attacks/presenting.ts';
import { generationOf, prepareTargets, type Admin, type Target } from './attacks/target.ts';
import { pick, type Context, type Part } from './part.ts';
import { startProcess } from './serving.ts';

export const tokens: Part = {
  promise:
    'No forged, altered, misused or malformed token is accepted, and none reaches a session without our signature.',
  prove: async (context) => {
    const { tree, folder, isQuick, say } = context;
    const listener = await startListener();
    const most = isQuick ? 1_000 : 6_000;
    const server = await startProcess({ tree, folder });
    const outside = await attack(context, {
      origin: server.origin,
      admin: server.admin,
      listener: listener.origin,
      most,
      isSigned: true,
    });
    await server.stop();
    say(`${String(outside.count)} tokens presented to a server of its own`);
    const inside = await attackWithin(context, listener.origin, isQuick ? 400 : 2_000);
    say(
      `${String(inside.count)} tokens without a signature of ours presented, ${String(inside.storeCalls)} calls of the store`,
    );
    const violations = [...outside.violations, ...inside.violations];
    if (inside.storeCalls > 0)
      violations.push(`unverified tokens reached the store ${String(inside.storeCalls)} times`);
    if (listener.calls() > 0) violations.push(`an address in a token was called ${String(listener.calls())} times`);
    await listener.close();
    return {
      cases: outside.count + inside.count,
      faults: 0,
      violations,
      figures: {
        'ways to be wrong': outside.ways,
        'calls of the store': inside.storeCalls,
        'calls of the listener': listener.calls(),
      },
    };
  },
};

interface Attack {
  readonly origin: string;
  readonly admin: Admin;
  readonly listener: string;
  /** Tokens of each contract. */
  readonly most: number;
  /** With those as well that our own keys signed. */
  readonly isSigned: boolean;
  readonly onBegin?: () => void;
}

interface Attacked {
  readonly count: number;
  readonly ways: number;
  readonly violations: readonly string[];
}

async function attack(
  { random }: Context,
  { origin, admin, listener, most, isSigned, onBegin }: Attack,
): Promise<Attacked> {
  const targets = await prepareTargets(origin, admin);
  const presenter = createPresenter(origin);
  const before = await Promise.all(targets.map((target) => generationOf(admin, target)));
  const ways = new Set<string>();
  const violations: string[] = [];
  onBegin?.();
  for (const target of targets) {
    const hostiles = hostilesFor(target, targets, { listener, most, isSigned, random });
    for (const { what } of hostiles) ways.add(what);
    violations.push(...(await presenter.present(target.contract, hostiles)));
  }
  const count = presenter.count();
  presenter.close();
  if (isSigned) violations.push(...(await aftermath(origin, admin, targets, before)));
  return { count, ways: ways.size, violations };
}

interface Choice extends Pick<Attack, 'listener' | 'most' | 'isSigned'> {
  readonly random: () => number;
}

/** All that are made up, or as many of them, and altered ones for the rest. */
function hostilesFor(
  target: Target,
  all: readonly Target[],
  { listener, most, isSigned, random }: Choice,
): readonly Hostile[] {
  const claimed = isSigned ? claimedFor(target) : [];
  const made = [...forgedFor(target, all, listener), ...alteredFor(target, most, random)];
  const byWay = Map.groupBy(made, ({ what }) => what);
  // One of each way at least; the rest by chance.
  const chosen = new Set([...byWay.values()].map((some) => pick(some, random)));
  const enough = Math.min(most, made.length);
  while (chosen.size < enough) chosen.add(pick(made, random));
  return [...claimed, ...chosen];
}

/** What was attacked is as it was, and still good. */
async function aftermath(
  origin: string,
  admin: Admin,
  targets: readonly Target[],
  before: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const [index, target] of targets.entries()) {
    const now = await generationOf(admin, target);
    if (now !== before[index])
      found.push(`${target.contract}: the session was moved from ${String(before[index])} to ${now}`);
    const answer = await send(origin, target.contract, target.refreshToken);
    if (!isGranted(target.contract, answer)) found.push(`${target.contract}: the genuine token is refused afterwards`);
  }
  return found;
}

const sessionCalls = ['read', 'rotate', 'revoke', 'readImported', 'issue'] as const;

/** The same without tokens that we signed, in a server of this process whose store is counted. */
async function attackWithin(
  context: Context,
  listener: string,
  most: number,
): Promise<Attacked & { readonly storeCalls: number }> {
  const { startServer, adminToken } = await serverOf(context.tree);
  let storeCalls = 0;
  const server = await startServer({
    wrapStore: (store) => {
      const counted = sessionCalls.map((name) => {
        // Each is called with what it takes.
        const called = store[name] as (...input: unknown[]) => unknown;
        return [name, (...input: unknown[]) => ((storeCalls += 1), called(...input))];
      });
      // The same methods under the same names.
      return { ...store, ...(Object.fromEntries(counted) as Pick<typeof store, (typeof sessionCalls)[number]>) };
    },
  });
  try {
    const { client } = createAdminClient(await server.adminOrigin(), {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    const onBegin = (): void => {
      storeCalls = 0;
    };
    const attacked = await attack(context, {
      origin: server.origin,
      admin: client,
      listener,
      most,
      isSigned: false,
      onBegin,
    });
    return { ...attacked, storeCalls };
  } finally {
    await server.stop();
  }
}

/** Of the tree that is proved, which may not be this one. */
async function serverOf(tree: string): Promise<typeof import('../../test/shared/server.ts')> {
  const file = pathToFileURL(join(tree, 'test', 'shared', 'server.ts')).href;
  // The same file, of this tree or of a copy.
  return (await import(file)) as typeof import('../../test/shared/server.ts');
}
