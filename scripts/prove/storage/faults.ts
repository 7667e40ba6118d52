// Faults of a disk: each is applied to a server's file and undone.
import Database from 'better-sqlite3';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A server with its database. */
interface Target {
  readonly file: string;
  readonly server: () => { readonly pid: number };
}

export interface Fault {
  readonly name: string;
  readonly begin: (server: Target) => void;
  readonly end: (server: Target) => void;
}

/** No file of the server grows beyond the size of its log (setrlimit(2), RLIMIT_FSIZE; Node ignores the signal). */
const quota: Fault = {
  name: 'a used up quota',
  begin: ({ file, server }) => limit(server().pid, String(statSync(`${file}-wal`).size)),
  end: ({ server }) => limit(server().pid, 'unlimited'),
};

function limit(pid: number, size: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);
}

let writer: Database.Database | undefined;
const locked: Fault = {
  name: 'another writer past the busy timeout',
  begin: ({ file }) => {
    writer = new Database(file, { timeout: 5_000 });
    writer.exec('BEGIN IMMEDIATE');
  },
  // The transaction is rolled back.
  end: () => writer?.close(),
};

/** For a small file system of the proof's own. */
export const full: Fault = {
  name: 'a full disk',
  begin: ({ file }) => fill(join(dirname(file), 'filler')),
  end: ({ file }) => rmSync(join(dirname(file), 'filler')),
};

export const immutable: Fault = {
  name: 'files that cannot be written to',
  begin: ({ file }) => chattr('+i', file),
  end: ({ file }) => chattr('-i', file),
};

export const anywhere: readonly Fault[] = [quota, locked];

function fill(file: string): void {
  // Down to the last page.
  for (let size = 65_536; size >= 4_096; size /= 2) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch (reason) {
      if (!(reason instanceof Error && 'code' in reason && reason.code === 'ENOSPC')) throw reason;
    }
  }
}

function chattr(flag: '+i' | '-i', file: string): void {
  execFileSync('chattr', [flag, ...[file, `${file}-wal`].filter((one) => existsSync(one))]);
}

/** @returns whether this process may make files of the folder immutable */
export function canMakeImmutable(folder: string): boolean {
  const file = join(folder, 'tried');
  writeFileSync(file, '');
  try {
    chattr('+i', file);
    chattr('-i', file);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(file);
  }
}

/** Mounts a small file system, which only root may. @returns whether it is mounted */
export function mountSmall(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'refract-prove', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export function unmount(folder: string): void {
  execFileSync('umount', [folder]);
}

export function remount(folder: string, as: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${as}`, folder]);
}

/**
 * Holds up every wait of a process for its disk by 300 ms, by strace(1).
 * @returns a function that stops that; `undefined` where strace is missing or may not attach
 */
export async function slowDown(pid: number): Promise<(() => Promise<void>) | undefined> {
  const calls = 'fdatasync,fsync';
  const args = ['-f', '-p', String(pid), '-e', `trace=${calls}`, '-e', `inject=${calls}:delay_enter=300000`];
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(strace, 'close').catch(() => undefined);
  const attached = new Promise<true>((resolve) => {
    strace.stderr.on('data', (text) => {
      if (String(text).includes('attached')) resolve(true);
    });
  });
  if ((await Promise.race([attached, ended])) !== true) return undefined;
  return async () => {
    strace.kill('SIGTERM');
    await ended;
  };
}
