// A bug planted in a copy of this tree, and what the proof of a part says about it.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Bug {
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

export interface Proof {
  readonly code: number | null;
  /** What it printed, in both streams. */
  readonly printed: string;
}

/** Proves a part of the tree with the bug in it, and takes the bug out again. */
export async function proveWith(part: string, tree: string, bug?: Bug): Promise<Proof> {
  if (bug === undefined) return prove(part, tree);
  const file = join(tree, bug.file);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(bug.text, () => bug.replacement);
  if (after === before) throw new Error(`${bug.file} has no ${bug.text} any more: plant the bug elsewhere`);
  writeFileSync(file, after);
  try {
    return await prove(part, tree);
  } finally {
    writeFileSync(file, before);
  }
}

/** How many violations the table has. */
export function violationsIn({ printed }: Proof, part: string): number {
  return Number(new RegExp(`^\\| ${part} \\| \\d+ \\| \\d+ \\| (\\d+) \\|`, 'm').exec(printed)?.[1]);
}

function prove(part: string, tree: string): Promise<Proof> {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'prove.ts');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, part, '--quick', '--tree', tree], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, printed }));
  });
}
