// A copy of this tree with one bug in it, and a part of the proof that is to find it there.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree } from '../../scripts/bench/tree-copy.ts';
import { root } from '../structure/tree.ts';

/** What of the product is replaced by what; it must be there. */
export interface Bug {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Proved {
  readonly code: unknown;
  readonly output: string;
  /** As the table has it; none where there is no table. */
  readonly violations: number | undefined;
}

/** Runs one part over a copy of this tree, with a bug or without. */
export async function provePart(part: string, bug?: Bug): Promise<Proved> {
  const tree = copyTree();
  try {
    if (bug !== undefined) plant(join(tree.folder, bug.file), bug);
    return await prove(part, tree.folder);
  } finally {
    tree.remove();
  }
}

function plant(path: string, { file, from, to }: Bug): void {
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} has it elsewhere, or twice: ${from}`);
  writeFileSync(path, text.replace(from, to));
}

function prove(part: string, tree: string): Promise<Proved> {
  const args = ['scripts/prove.ts', part, '--quick', '--tree', tree];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env: { PATH: process.env['PATH'] } }, (failure, stdout, stderr) => {
      const output = stdout + stderr;
      const row = new RegExp(`\\| ${part} \\| \\d+ \\| \\d+ \\| (\\d+) \\|`).exec(output);
      const violations = row === null ? undefined : Number(row[1]);
      resolve({ code: failure === null ? 0 : failure.code, output, violations });
    });
  });
}
