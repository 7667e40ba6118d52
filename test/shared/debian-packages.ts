// The Debian packages that the system, workbench and browser tests need. As a command it prints the missing ones.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program of each package. */
const programs = {
  chromium: 'chromium',
  patroni: 'patroni',
  etcd: 'etcd-server',
  haproxy: 'haproxy',
  pg_lsclusters: 'postgresql',
  strace: 'strace',
};

/** @returns the names of the packages that are not installed */
export function missingPackages(): string[] {
  return Object.entries(programs).flatMap(([program, name]) => (isOnPath(program) ? [] : [name]));
}

/** @returns whether a program is installed */
export function isOnPath(program: string): boolean {
  // Debian installs servers in folders that only root's PATH names.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

if (import.meta.main) process.stdout.write(missingPackages().join(' '));
