// Plants bugs in a copy of this tree and runs the proof of a part on it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyTree } from '../shared/tree-copy.ts';
import { startScript } from '../shared/programs.ts';
import { root } from '../structure/tree.ts';

/** A text of the product, which must occur exactly once, and its replacement. */
export interface Bug {
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

export interface Proof {
  readonly code: number | null;
  /** The output of both streams. */
  readonly printed: string;
  /** The number in the table; `undefined` without a table. */
  readonly violations: number | undefined;
}

/** Responses to writes leave, and other reads see the writes, up to 300 ms before the commit. */
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

/** A quick proof tries few cases: a bug that one seed misses is found by the next. */
const seeds = [1, 2, 3];

/**
 * Expects a part to fail in the tree with the bugs, and to report each reason. A single reason ends the proof.
 * @returns the last proof
 */
export async function expectFound(
  part: string,
  tree: string,
  reasons: readonly RegExp[],
  ...bugs: readonly Bug[]
): Promise<Proof> {
  let printed = '';
  const [reason, ...others] = reasons;
  const until = reason !== undefined && others.length === 0 ? ['--until', reason.source] : [];
  for (const seed of seeds) {
    const proof = await proveWith(part, tree, ['--seed', String(seed), ...until], ...bugs);
    printed += proof.printed;
    if (!reasons.every((reason) => reason.test(printed))) continue;
    expect(proof.code, printed).toBe(1);
    expect(proof.violations ?? 0, printed).toBeGreaterThan(0);
    return proof;
  }
  for (const reason of reasons) expect(printed).toMatch(reason);
  throw new Error('unreachable');
}

/** Proves a part of the tree with the bugs, then removes them. */
async function proveWith(
  part: string,
  tree: string,
  options: readonly string[],
  ...bugs: readonly Bug[]
): Promise<Proof> {
  const [bug, ...more] = bugs;
  if (bug === undefined) return prove(part, tree, options);
  const file = join(tree, bug.file);
  const before = readFileSync(file, 'utf8');
  if (before.split(bug.text).length !== 2) {
    throw new Error(`${bug.file} does not have ${bug.text} exactly once; plant the bug elsewhere`);
  }
  writeFileSync(
    file,
    before.replace(bug.text, () => bug.replacement),
  );
  try {
    return await proveWith(part, tree, options, ...more);
  } finally {
    writeFileSync(file, before);
  }
}

async function prove(part: string, tree: string, options: readonly string[]): Promise<Proof> {
  const args = [part, '--quick', '--tree', tree, ...options];
  const script = startScript({ tree: root, script: 'scripts/prove.ts', args });
  const code = await script.ended;
  const printed = script.printed() + script.errors();
  const row = new RegExp(String.raw`^\| ${part} \| \d+ \| \d+ \| (\d+) \|`, 'm').exec(printed);
  return { code, printed, violations: row === null ? undefined : Number(row[1]) };
}

/** Copies this tree for the tests of a file. @returns a function for its folder, to call in tests */
export function copiedTree(): () => string {
  let tree: ReturnType<typeof copyTree> | undefined;
  beforeAll(() => {
    tree = copyTree();
  });
  afterAll(() => tree?.remove());
  return () => {
    if (tree === undefined) throw new Error('the tree is copied before the tests');
    return tree.folder;
  };
}

/** A bug, and the reason that the proof reports. */
export type PlantedBug = readonly [name: string, reason: RegExp, bug: Bug];

/** Expects each bug to make the proof of a part fail for its reason. The proof itself shows that this tree passes. */
export function expectEachFound(part: string, bugs: readonly PlantedBug[]): void {
  const tree = copiedTree();
  test.each(bugs)('the proof finds a planted bug: %s', async (_name, reason, bug) => {
    await expectFound(part, tree(), [reason], bug);
  });
}
