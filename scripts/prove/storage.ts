// Disks that are full, locked, read-only, damaged or lose their log under a server: whoever asks is told to wait and never
// refused, nothing is changed by what failed, and when the cause is gone it goes on by itself.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pause } from './chains.ts';
import type { Context, Part } from './part.ts';
import { canMakeImmutable, damage, faultsOf, mounted, remount, slowDown, unmount } from './storage/faults.ts';
import { serve, type Findings, type Served } from './storage/served.ts';

export const storage: Part = {
  promise: 'Whatever the disk does, nobody is refused for it, nothing is changed halfway, and it goes on by itself.',
  needs: { prlimit: 'util-linux' },
  prove: async (context) => {
    const { folder, isQuick, say } = context;
    const findings: Findings = { requests: 0, faults: 0, violations: [] };
    const small = folderIn(folder, 'small');
    const isMounted = mounted(small);
    if (!isMounted) say('only root may mount a file system to fill it or to make it read-only: left out');
    try {
      await failWhileServing(context, small, isMounted, isQuick ? 1 : 4, findings);
      if (isMounted) await refuseReadOnly(context, small, findings);
    } finally {
      if (isMounted) unmount(small);
    }
    await bearSlowness(context, folderIn(folder, 'slow'), findings);
    await loseTheLog(context, folderIn(folder, 'log'), findings);
    await restoreDamaged(context, folderIn(folder, 'damaged'), findings);
    return { cases: findings.requests, faults: findings.faults, violations: findings.violations };
  },
};

function folderIn(folder: string, name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

/** Each fault again and again, and refreshes before, meanwhile and after. */
async function failWhileServing(
  { tree, folder, say }: Context,
  small: string,
  isMounted: boolean,
  rounds: number,
  findings: Findings,
): Promise<void> {
  const isImmutable = canMakeImmutable(folder);
  // A file system in memory knows no such files.
  const places = [
    { folder: small, faults: faultsOf(isMounted, false) },
    ...(isImmutable ? [{ folder: folderIn(folder, 'large'), faults: faultsOf(false, true).slice(-1) }] : []),
  ];
  for (const place of places) {
    const served = await serve(tree, place.folder, findings);
    try {
      for (let round = 0; round < rounds; round += 1) {
        for (const { name, begin, end } of place.faults) {
          await served.allGranted(`before ${name}`);
          begin(served);
          findings.faults += 1;
          try {
            await served.allToldToWait(name);
          } finally {
            end(served);
          }
          await served.recovers(name);
          if (round === 0) say(name);
        }
      }
    } finally {
      await served.stop();
    }
  }
}

/** Its file system is read-only when it starts: it says so and ends, and starts when that is mended. */
async function refuseReadOnly({ tree, say }: Context, small: string, findings: Findings): Promise<void> {
  for (const name of ['refract.db', 'refract.db-wal', 'refract.db-shm']) rmSync(join(small, name), { force: true });
  const served = await serve(tree, small, findings);
  await served.stop();
  remount(small, 'ro');
  findings.faults += 1;
  try {
    await refusesToStart(served, 'a read-only file system', /cannot be opened for writing: [^\n]*\n$/, findings);
  } finally {
    remount(small, 'rw');
  }
  await goesOn(served, 'a read-only file system');
  say('a read-only file system at the start');
}

/** A disk that takes its time makes everybody wait and nobody fail. */
async function bearSlowness({ tree, say }: Context, folder: string, findings: Findings): Promise<void> {
  const served = await serve(tree, folder, findings);
  try {
    const letGo = await slowDown(served.server().pid);
    if (letGo === undefined) {
      say('a slow disk needs strace, and leave to attach it: left out');
      return;
    }
    findings.faults += 1;
    const since = performance.now();
    try {
      await served.allGranted('a slow disk');
    } finally {
      await letGo();
    }
    // Four of the five write; if it took no longer, nothing was slow.
    if (performance.now() - since < 4 * 300) findings.violations.push('a slow disk: no commit waited for it');
    await served.recovers('a slow disk');
    say('a slow disk');
  } finally {
    await served.stop();
  }
}

/** What was committed since the last checkpoint is gone with it: tokens prove what the store has lost. */
async function loseTheLog({ tree, say }: Context, folder: string, findings: Findings): Promise<void> {
  const served = await serve(tree, folder, findings);
  await served.stop();
  await served.start();
  // What was lost is told from what is there by its second.
  await pause(1_100);
  await served.allGranted('before the log was deleted');
  await served.allGranted('before the log was deleted');
  await served.kill();
  for (const ending of ['-wal', '-shm']) rmSync(served.file + ending, { force: true });
  findings.faults += 1;
  await goesOn(served, 'a deleted log');
  say('a deleted log');
}

/** A damaged page is never taken for a session that there is not; a backup puts it in order. */
async function restoreDamaged(context: Context, folder: string, findings: Findings): Promise<void> {
  const served = await serve(context.tree, folder, findings);
  const backup = join(folder, 'backup.db');
  expectDone(run(context, served, 'backup', backup), 'backup', findings);
  await pause(1_100);
  await served.allGranted('before a page was damaged');
  await served.stop();
  damage(served.file);
  findings.faults += 1;
  await served.start();
  try {
    await served.allToldToWait('a damaged page');
  } finally {
    await served.stop();
  }
  expectDone(run(context, served, 'restore', backup, '--forget'), 'restore', findings);
  await goesOn(served, 'a damaged page, restored');
  context.say('a damaged page');
}

async function goesOn(served: Served, when: string): Promise<void> {
  await served.start();
  try {
    await served.recovers(when);
  } finally {
    await served.stop();
  }
}

async function refusesToStart(served: Served, when: string, sentence: RegExp, findings: Findings): Promise<void> {
  findings.requests += 1;
  try {
    await served.start();
    await served.stop();
    findings.violations.push(`${when}: it started`);
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    const isOneLine = message.trim().split('\n').length === 1;
    if (!isOneLine || !sentence.test(message)) findings.violations.push(`${when}: it said ${message}`);
  }
}

function run({ tree }: Context, { file }: Served, ...args: readonly string[]) {
  const command = [join(tree, 'src', 'main.ts'), ...args, '--db', file];
  return spawnSync(process.execPath, command, {
    encoding: 'utf8',
    cwd: dirname(file),
    env: { PATH: process.env['PATH'] },
  });
}

function expectDone({ status, stderr }: ReturnType<typeof run>, what: string, findings: Findings): void {
  findings.requests += 1;
  if (status !== 0) findings.violations.push(`${what} ended with ${String(status)}: ${stderr}`);
}
