// Disks that become full, locked, read-only, damaged or slow under a server, or lose its log.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './chains.ts';
import { startInstance } from './instance.ts';
import type { Context, Part } from './part.ts';
import {
  anywhere,
  canMakeImmutable,
  type Fault,
  full,
  immutable,
  mountSmall,
  remount,
  slowDown,
  unmount,
} from './storage/faults.ts';
import { startScript } from '../../test/shared/programs.ts';
import { damage } from '../../test/shared/provoking.ts';
import { type ContractName, contracts, isGranted, refreshTokenIn, send } from '../../test/shared/refreshing.ts';
import { claimsOf } from '../../test/shared/tokens.ts';
import { comesTrue } from '../../test/shared/wait.ts';
import { call, json, type WireAnswer } from '../../test/shared/wire.ts';

export const storage: Part = {
  promise: 'No failure of the disk makes a token refused or a change incomplete, and the server recovers without help.',
  needs: { prlimit: 'util-linux' },
  prove: async (context) => {
    const { folder, isQuick, print, stopAtEnd } = context;
    const counts: Counts = { requests: 0, faults: 0 };
    const folderIn = (name: string): string => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    };
    const small = folderIn('small');
    const isMounted = mountSmall(small);
    if (isMounted) stopAtEnd({ stop: () => unmount(small) });
    else print('left out: only root may mount a file system to fill it or to make it read-only');
    const rounds = isQuick ? 1 : 4;
    await failWhileServing(context, small, [...anywhere, ...(isMounted ? [full] : [])], rounds, counts);
    // A file system in memory has no immutable files.
    if (canMakeImmutable(folder)) await failWhileServing(context, folderIn('large'), [immutable], rounds, counts);
    if (isMounted) await refuseReadOnly(context, small, counts);
    await bearSlowness(context, folderIn('slow'), counts);
    await loseTheLog(context, folderIn('log'), counts);
    await restoreDamaged(context, folderIn('damaged'), counts);
    return { cases: counts.requests, faults: counts.faults };
  },
};

async function failWhileServing(
  context: Context,
  place: string,
  faults: readonly Fault[],
  rounds: number,
  counts: Counts,
): Promise<void> {
  const server = await startStored(context, place, counts);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, begin, end } of faults) {
      await server.allGranted(`before ${name}`);
      begin(server);
      counts.faults += 1;
      await server.allUnavailable(name).finally(() => end(server));
      await server.recovers(name);
      if (round === 0) context.print(name);
    }
  }
  await server.end('SIGTERM');
}

/** On a read-only file system the start fails with one line, and succeeds once that is fixed. */
async function refuseReadOnly(context: Context, small: string, counts: Counts): Promise<void> {
  const name = 'a read-only file system';
  for (const file of ['refract.db', 'refract.db-wal', 'refract.db-shm']) rmSync(join(small, file), { force: true });
  const server = await startStored(context, small, counts);
  await server.end('SIGTERM');
  remount(small, 'ro');
  counts.faults += 1;
  counts.requests += 1;
  const reason: unknown = await server.start().then(
    () => 'nothing and started',
    (thrown: unknown) => thrown,
  );
  remount(small, 'rw');
  const message = reason instanceof Error ? reason.message : String(reason);
  const isOneLine = message.trim().split('\n').length === 1;
  const isRight = isOneLine && message.includes('cannot be opened for writing: ');
  context.expect(isRight, `${name}: the start printed ${message}`);
  await recoversAtStart(server, name);
  context.print(`${name} at the start`);
}

/** A slow disk delays responses and fails none. */
async function bearSlowness(context: Context, folder: string, counts: Counts): Promise<void> {
  const server = await startStored(context, folder, counts);
  const release = await slowDown(server.server().pid);
  if (release === undefined) return context.print('left out: a slow disk needs strace and permission to attach it');
  counts.faults += 1;
  const since = performance.now();
  await server.allGranted('a slow disk').finally(release);
  // Four of five contracts write.
  context.expect(performance.now() - since >= 4 * 300, 'a slow disk: no commit waited for it');
  await server.recovers('a slow disk');
  context.print('a slow disk');
  await server.end('SIGTERM');
}

/** Commits since the last checkpoint are lost with the log: tokens prove what the store lost. */
async function loseTheLog(context: Context, folder: string, counts: Counts): Promise<void> {
  const server = await startStored(context, folder, counts);
  await server.end('SIGTERM');
  await server.start();
  // A lost commit is detected by its second.
  await pause(1_100);
  for (let time = 0; time < 2; time += 1) await server.allGranted('before the log was deleted');
  await server.end('SIGKILL');
  for (const ending of ['-wal', '-shm']) rmSync(server.file + ending, { force: true });
  counts.faults += 1;
  await recoversAtStart(server, 'a deleted log');
  context.print('a deleted log');
}

/** A damaged page does not count as a missing session; restoring a backup repairs it. */
async function restoreDamaged(context: Context, folder: string, counts: Counts): Promise<void> {
  const server = await startStored(context, folder, counts);
  const backup = join(folder, 'backup.db');
  await runToEnd(context, server, counts, 'backup', backup);
  await pause(1_100);
  await server.allGranted('before a page was damaged');
  await server.end('SIGTERM');
  damage(server.file);
  counts.faults += 1;
  await server.start();
  await server.allUnavailable('a damaged page');
  await server.end('SIGTERM');
  await runToEnd(context, server, counts, 'restore', backup, '--forget');
  await recoversAtStart(server, 'a damaged page, restored');
  context.print('a damaged page');
}

async function recoversAtStart(server: StoredServer, when: string): Promise<void> {
  await server.start();
  await server.recovers(when);
  await server.end('SIGTERM');
}

async function runToEnd({ tree, expect }: Context, { file }: StoredServer, counts: Counts, ...args: string[]) {
  counts.requests += 1;
  const running = startScript({ tree, args: [...args, '--db', file] });
  const code = await running.ended;
  expect(code === 0, `${args.join(' ')} ended with ${String(code)}: ${running.errors()}`);
}

type StoredServer = Awaited<ReturnType<typeof startStored>>;

interface Counts {
  requests: number;
  faults: number;
}

/** @param folder of the database */
async function startStored(context: Context, folder: string, counts: Counts) {
  const file = join(folder, 'refract.db');
  const environment = {
    REFRACT_DB: file,
    REFRACT_BUSY_TIMEOUT: '200',
    REFRACT_MASTER_SECRET: 'a master secret of the storage proof and of nothing else',
    REFRACT_FAILURE_LIMIT: '0',
  };
  const { server, start, end } = await startInstance(context, { folder, environment });
  const tokens = new Map<ContractName, string>();
  for (const contract of contracts) tokens.set(contract, (await server().issue(contract, `${contract} subject`)).token);

  const violate = (when: string, what: string): void => context.violate(`${when}: ${what}`);
  const describe = (contract: ContractName, { status, body }: WireAnswer): string =>
    `${contract} responded ${status} ${body.slice(0, 100)}`;
  /** @returns the response unless it is granted */
  const refresh = async (contract: ContractName): Promise<WireAnswer | undefined> => {
    counts.requests += 1;
    const token = tokens.get(contract) ?? '';
    const response = await send(server().origin, contract, token);
    if (!isGranted(contract, response)) return response;
    if (contract === 'kirjaswappi') return undefined;
    const next = refreshTokenIn(contract, json(response));
    const [before, after] = [claimsOf(token)['gen'], claimsOf(next)['gen']];
    // Refreshes that failed in between changed nothing.
    if (after !== Number(before) + 1) violate(contract, `from generation ${String(before)} to ${String(after)}`);
    tokens.set(contract, next);
    return undefined;
  };
  /** Waits until the server reports a readiness; it checks its store once a second. */
  const waitForReadiness = async (when: string, wanted: number, text: string): Promise<void> => {
    let last = '';
    const isReported = await comesTrue(10, async () => {
      counts.requests += 1;
      const { status, body } = await call(server().adminOrigin, { method: 'GET', path: '/readyz' });
      last = `${status} ${body}`;
      return status === wanted && body.includes(text);
    });
    if (!isReported) violate(when, `/readyz responded ${last}`);
  };

  return {
    ...{ file, server, start, end },
    allGranted: async (when: string): Promise<void> => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        if (refused !== undefined) violate(when, describe(contract, refused));
      }
    },
    /** Expects 503 for every request that needs the disk, no refusal, and that the server reports itself as not ready. */
    allUnavailable: async (when: string): Promise<void> => {
      for (const contract of contracts) {
        const refused = await refresh(contract);
        // A static token is renewed without the disk.
        if (refused === undefined && contract === 'kirjaswappi') continue;
        if (refused === undefined) violate(when, `${contract} was granted`);
        else if (refused.status !== 503) violate(when, describe(contract, refused));
      }
      await waitForReadiness(when, 503, 'store: ');
    },
    /** Waits until all contracts are granted again. */
    recovers: async (when: string): Promise<void> => {
      const left = new Set<ContractName>(contracts);
      await comesTrue(30, async () => {
        for (const contract of left) {
          const refused = await refresh(contract);
          if (refused?.status === 503) continue;
          if (refused !== undefined) violate(`${when}, afterwards`, describe(contract, refused));
          left.delete(contract);
        }
        return left.size === 0;
      });
      for (const contract of left) violate(when, `${contract} is not granted again`);
      await waitForReadiness(`${when}, afterwards`, 200, 'ok');
    },
  };
}
