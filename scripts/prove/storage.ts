// Disks that are full, locked, read-only, damaged or lose their log under a server.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './chains.ts';
import type { Context, Part } from './part.ts';
import { run } from '../../test/shared/programs.ts';
import {
  anywhere,
  canMakeImmutable,
  damage,
  full,
  immutable,
  mounted,
  remount,
  slowDown,
  unmount,
  type Fault,
} from './storage/faults.ts';
import { serve, type Findings, type Served } from './storage/served.ts';

export const storage: Part = {
  promise:
    'Whatever the disk does, no token is refused for it, nothing is half done, and the server recovers by itself.',
  needs: { prlimit: 'util-linux' },
  prove: async (context) => {
    const { folder, isQuick, say, stopAfter } = context;
    const findings: Findings = { requests: 0, faults: 0, violations: [] };
    const folderIn = (name: string): string => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    };
    const small = folderIn('small');
    const isMounted = mounted(small);
    if (isMounted) stopAfter({ stop: () => unmount(small) });
    else say('only root may mount a file system to fill it or to make it read-only: left out');
    const rounds = isQuick ? 1 : 4;
    await failWhileServing(context, small, [...anywhere, ...(isMounted ? [full] : [])], rounds, findings);
    // A file system in memory knows no immutable files.
    if (canMakeImmutable(folder)) await failWhileServing(context, folderIn('large'), [immutable], rounds, findings);
    if (isMounted) await refuseReadOnly(context, small, findings);
    await bearSlowness(context, folderIn('slow'), findings);
    await loseTheLog(context, folderIn('log'), findings);
    await restoreDamaged(context, folderIn('damaged'), findings);
    return { cases: findings.requests, faults: findings.faults, violations: findings.violations };
  },
};

async function failWhileServing(
  context: Context,
  place: string,
  faults: readonly Fault[],
  rounds: number,
  findings: Findings,
): Promise<void> {
  const served = await serve(context, place, findings);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, begin, end } of faults) {
      await served.allGranted(`before ${name}`);
      begin(served);
      findings.faults += 1;
      await served.allUnavailable(name).finally(() => end(served));
      await served.recovers(name);
      if (round === 0) context.say(name);
    }
  }
  await served.end('SIGTERM');
}

/** On a read-only file system the start fails in one line, and succeeds when that is fixed. */
async function refuseReadOnly(context: Context, small: string, findings: Findings): Promise<void> {
  const name = 'a read-only file system';
  for (const file of ['refract.db', 'refract.db-wal', 'refract.db-shm']) rmSync(join(small, file), { force: true });
  const served = await serve(context, small, findings);
  await served.end('SIGTERM');
  remount(small, 'ro');
  findings.faults += 1;
  findings.requests += 1;
  const reason: unknown = await served.start().then(
    () => 'nothing, and started',
    (thrown: unknown) => thrown,
  );
  remount(small, 'rw');
  const message = reason instanceof Error ? reason.message : String(reason);
  const isOneLine = message.trim().split('\n').length === 1;
  if (!isOneLine || !message.includes('cannot be opened for writing: ')) {
    findings.violations.push(`${name}: the start said ${message}`);
  }
  await recoversAtStart(served, name);
  context.say(`${name} at the start`);
}

/** A slow disk delays everything and fails nothing. */
async function bearSlowness(context: Context, folder: string, findings: Findings): Promise<void> {
  const served = await serve(context, folder, findings);
  const release = await slowDown(served.server().pid);
  if (release === undefined) return context.say('a slow disk needs strace, and permission to attach it: left out');
  findings.faults += 1;
  const since = performance.now();
  await served.allGranted('a slow disk').finally(release);
  // Four of the five write.
  if (performance.now() - since < 4 * 300) findings.violations.push('a slow disk: no commit waited for it');
  await served.recovers('a slow disk');
  context.say('a slow disk');
  await served.end('SIGTERM');
}

/** What was committed since the last checkpoint is lost with the log: tokens prove what the store has lost. */
async function loseTheLog(context: Context, folder: string, findings: Findings): Promise<void> {
  const served = await serve(context, folder, findings);
  await served.end('SIGTERM');
  await served.start();
  // A lost commit is known by its second.
  await pause(1_100);
  for (let time = 0; time < 2; time += 1) await served.allGranted('before the log was deleted');
  await served.end('SIGKILL');
  for (const ending of ['-wal', '-shm']) rmSync(served.file + ending, { force: true });
  findings.faults += 1;
  await recoversAtStart(served, 'a deleted log');
  context.say('a deleted log');
}

/** A damaged page is no missing session; a backup repairs it. */
async function restoreDamaged(context: Context, folder: string, findings: Findings): Promise<void> {
  const served = await serve(context, folder, findings);
  const backup = join(folder, 'backup.db');
  await runToEnd(context, served, findings, 'backup', backup);
  await pause(1_100);
  await served.allGranted('before a page was damaged');
  await served.end('SIGTERM');
  damage(served.file);
  findings.faults += 1;
  await served.start();
  await served.allUnavailable('a damaged page');
  await served.end('SIGTERM');
  await runToEnd(context, served, findings, 'restore', backup, '--forget');
  await recoversAtStart(served, 'a damaged page, restored');
  context.say('a damaged page');
}

async function recoversAtStart(served: Served, when: string): Promise<void> {
  await served.start();
  await served.recovers(when);
  await served.end('SIGTERM');
}

async function runToEnd({ tree }: Context, { file }: Served, findings: Findings, ...args: readonly string[]) {
  findings.requests += 1;
  const running = run({ tree, args: [...args, '--db', file] });
  const code = await running.ended;
  if (code !== 0) findings.violations.push(`${args.join(' ')} ended with ${String(code)}: ${running.complaints()}`);
}
