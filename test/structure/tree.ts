// The files of the tree as git sees them: tracked, and new ones that nothing ignores.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root = dirname(dirname(import.meta.dirname));

export function listFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  // A tracked file that was deleted is still listed until the deletion is committed.
  const files = new Set(listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path))));
  return [...files].sort();
}

export function readFiles(paths: Iterable<string>): Map<string, string> {
  return new Map([...paths].map((path) => [path, read(path)]));
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
