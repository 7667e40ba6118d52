// Creates and unpacks the tarball to publish.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(dirname(import.meta.dirname));

/** Builds and packs into a folder. @returns the tarball @throws Error with npm's output */
export function pack(folder: string): string {
  const npm = process.env['npm_execpath'];
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const args = [...first, 'pack', '--json', '--foreground-scripts=false', '--pack-destination', folder];
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed: ${stdout}${stderr}`);
  // npm prints the list of tarballs.
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  if (packed === undefined) throw new Error('npm pack created no tarball');
  return join(folder, packed.filename);
}

/** Unpacks the tarball. @returns its folder */
export function unpack(tarball: string, folder: string): string {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  const { status, stderr } = spawnSync('tar', ['-xzf', tarball, '-C', unpacked], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the tarball cannot be unpacked: ${stderr}`);
  return join(unpacked, 'package');
}
