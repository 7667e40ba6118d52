// A bug planted in a copy of this tree, and what the proof of a part says about it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyTree } from '../../scripts/bench/tree-copy.ts';
import { run } from '../shared/programs.ts';
import { root } from '../structure/tree.ts';

/** What of the product is replaced by what; it must be there, and once. */
export interface Bug {
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

export interface Proof {
  readonly code: number | null;
  /** What it printed, in both streams. */
  readonly printed: string;
  /** As the table has it; none where there is no table. */
  readonly violations: number | undefined;
}

/** Writes are answered, and seen by whoever reads, up to 300 ms before they are committed. */
export const laterCommit: Bug = {
  file: 'src/store/sqlite/group-commit.ts',
  text: `      begin.run();
      const settlements = group.map(runAlone);
      commit.run();
`,
  replacement: `      if (!database.inTransaction) {
        begin.run();
        setTimeout(() => commit.run(), 300);
      }
      const settlements = group.map(runAlone);
`,
};

/** Proves a part of a tree as it is. */
export function proveTree(part: string, tree: string): Promise<Proof> {
  return proveWith(part, tree, 1);
}

/** A quick proof tries little: what the choices of one seed miss, those of the next one find. */
const seeds = [1, 2, 3];

/**
 * Expects a part to fail in the tree with the bugs in it, and to say so for each of the reasons.
 * @returns the last proof that was needed
 */
export async function expectFound(
  part: string,
  tree: string,
  reasons: readonly RegExp[],
  ...bugs: readonly Bug[]
): Promise<Proof> {
  let printed = '';
  for (const seed of seeds) {
    const proof = await proveWith(part, tree, seed, ...bugs);
    printed += proof.printed;
    if (!reasons.every((reason) => reason.test(printed))) continue;
    expect(proof.violations, printed).toBeGreaterThan(0);
    expect(proof.code, printed).toBe(1);
    return proof;
  }
  for (const reason of reasons) expect(printed).toMatch(reason);
  throw new Error('unreachable');
}

/** Proves a part of the tree with the bugs in it, and takes them out again. */
async function proveWith(part: string, tree: string, seed: number, ...bugs: readonly Bug[]): Promise<Proof> {
  const [bug, ...more] = bugs;
  if (bug === undefined) return prove(part, tree, seed);
  const file = join(tree, bug.file);
  const before = readFileSync(file, 'utf8');
  if (before.split(bug.text).length !== 2) {
    throw new Error(`${bug.file} has ${bug.text} not at all or twice: plant the bug elsewhere`);
  }
  writeFileSync(
    file,
    before.replace(bug.text, () => bug.replacement),
  );
  try {
    return await proveWith(part, tree, seed, ...more);
  } finally {
    writeFileSync(file, before);
  }
}

async function prove(part: string, tree: string, seed: number): Promise<Proof> {
  const args = [part, '--quick', '--seed', String(seed), '--tree', tree];
  const running = run({ tree: root, script: 'scripts/prove.ts', args });
  const code = await running.ended;
  const printed = running.printed() + running.complaints();
  const row = new RegExp(`^\\| ${part} \\| \\d+ \\| \\d+ \\| (\\d+) \\|`, 'm').exec(printed);
  return { code, printed, violations: row === null ? undefined : Number(row[1]) };
}

/** A copy of this tree, as long as the tests of a file run. @returns its folder, while they do */
export function copiedTree(): () => string {
  let tree: ReturnType<typeof copyTree> | undefined;
  beforeAll(() => {
    tree = copyTree();
  });
  afterAll(() => tree?.remove());
  return () => {
    if (tree === undefined) throw new Error('there is no tree before the tests');
    return tree.folder;
  };
}

/** A bug, and what the proof says because of it. */
export type Tooth = readonly [what: string, because: RegExp, bug: Bug];

/** Each bug makes the proof of a part fail for its own reason. @param isTriedWhole whether it holds without one, too */
export function hasTeeth(part: string, bugs: readonly Tooth[], isTriedWhole = false): void {
  const tree = copiedTree();
  if (isTriedWhole) {
    test('a tree without a planted bug passes', async () => {
      const proof = await proveTree(part, tree());
      expect(proof.printed).not.toContain('VIOLATION');
      expect(proof.code).toBe(0);
    });
  }
  test.each(bugs)('where %s, it fails', async (_what, because, bug) => {
    await expectFound(part, tree(), [because], bug);
  });
}
