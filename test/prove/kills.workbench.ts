// The proof of killed operations finds each operation that is not atomic, by its incomplete result.
import { test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

interface Planted extends Bug {
  readonly reason: RegExp;
}

const bugs: Readonly<Record<'schema' | 'backup' | 'rows', Planted>> = {
  // Each statement in its own commit.
  schema: {
    reason: /VIOLATION: a migration, killed before /,
    file: 'src/store/sqlite/migrations.ts',
    text: 'const bringUpToDate = database.transaction(() => {',
    replacement: 'const bringUpToDate = ((immediate: () => void) => ({ immediate }))(() => {',
  },
  // Written under its final name.
  backup: {
    reason: /VIOLATION: backup, killed before /,
    file: 'src/store/sqlite/backup.ts',
    text: 'const partial = `${file}.partial`;\n  reserve(file);',
    replacement: 'const partial = file;',
  },
  // Each row in its own commit.
  rows: {
    reason: /VIOLATION: import, killed before .*: \d+ rows are stored, which are not complete commits/,
    file: 'src/admin/bulk-import.ts',
    text: `const results = await store.importRows(
        good.map(({ row }) => row),
        dryRun,
      );`,
    replacement: `const results = [];
      for (const { row } of good) results.push(...(await store.importRows([row], dryRun)));`,
  },
};

test('a migration, a backup and an import that are not atomic are found', async () => {
  const all = Object.values(bugs);
  await expectFound(
    'kills',
    tree(),
    all.map(({ reason }) => reason),
    ...all,
  );
});
