// How a disk fails: each does it to a server's file and undoes it again.
import Database from 'better-sqlite3';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Served } from './served.ts';

export interface Fault {
  readonly name: string;
  readonly begin: (served: Served) => void;
  readonly end: (served: Served) => void;
}

/** While a server goes on; on a file system of the proof's own where there is one. */
export function faultsOf(isMounted: boolean, isImmutable: boolean): readonly Fault[] {
  const full: Fault = {
    name: 'a full disk',
    begin: ({ file }) => fill(join(dirname(file), 'filler')),
    end: ({ file }) => rmSync(join(dirname(file), 'filler')),
  };
  const immutable: Fault = {
    name: 'files that nobody may write to',
    begin: ({ file }) => chattr('+i', file),
    end: ({ file }) => chattr('-i', file),
  };
  return [quota, locked(), ...(isMounted ? [full] : []), ...(isImmutable ? [immutable] : [])];
}

/** No file of the server may grow beyond what its log has by now (setrlimit(2), RLIMIT_FSIZE; Node ignores the signal). */
const quota: Fault = {
  name: 'a used up quota',
  begin: ({ file, server }) => limit(server().pid, String(statSync(`${file}-wal`).size)),
  end: ({ server }) => limit(server().pid, 'unlimited'),
};

function limit(pid: number, size: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}:`]);
}

function locked(): Fault {
  let other: Database.Database | undefined;
  return {
    name: 'another writer past the busy time-out',
    begin: ({ file }) => {
      other = new Database(file, { timeout: 5_000 });
      other.exec('BEGIN IMMEDIATE');
    },
    end: () => {
      other?.exec('ROLLBACK');
      other?.close();
    },
  };
}

function fill(file: string): void {
  // Down to the last page that there is.
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

/** Whether this process may make files that nobody may write to, here. */
export function canMakeImmutable(folder: string): boolean {
  const file = join(folder, 'tried');
  writeFileSync(file, '');
  try {
    chattr('+i', file);
    return true;
  } catch {
    return false;
  } finally {
    try {
      chattr('-i', file);
    } catch {
      // Then it never was.
    }
    rmSync(file);
  }
}

/** Mounts a small file system; only root may. @returns whether it is there */
export function mounted(folder: string): boolean {
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

/** Overwrites the first page of the table of sessions; header and schema stay as they are. */
export function damage(file: string): void {
  const connection = new Database(file);
  const size = Number(connection.pragma('page_size', { simple: true }));
  const page = Number(connection.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'session'").pluck().get());
  connection.close();
  writeFileSync(file, readFileSync(file).fill(0xff, (page - 1) * size, page * size));
}

/**
 * Holds up every wait of a process for its disk by 300 ms (strace(1), which has to be there and allowed to attach).
 * @returns what lets go of it again; `undefined` where that cannot be done
 */
export async function slowDown(pid: number): Promise<(() => Promise<void>) | undefined> {
  const calls = 'fdatasync,fsync';
  const inject = `inject=${calls}:delay_enter=300000`;
  const strace = spawn('strace', ['-f', '-p', String(pid), '-e', `trace=${calls}`, '-e', inject], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    strace.once('error', () => resolve());
    strace.once('close', () => resolve());
  });
  const attached = new Promise<true>((resolve) => {
    strace.stderr.on('data', (text) => {
      if (String(text).includes('attached')) resolve(true);
    });
  });
  const isAttached = await Promise.race([attached, ended]);
  if (isAttached !== true) return undefined;
  return async () => {
    strace.kill('SIGTERM');
    await ended;
  };
}
