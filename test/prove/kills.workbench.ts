// The proof about kills in the middle has teeth: it finds what is not done in one step, each by what is half done then.
import { test } from 'vitest';
import { copiedTree, expectFound, type Bug } from './planted.ts';

const tree = copiedTree();

interface Planted extends Bug {
  readonly because: RegExp;
}

const bugs: Readonly<Record<'schema' | 'backup' | 'rows', Planted>> = {
  // Each statement of a step for itself.
  schema: {
    because: /VIOLATION: a step of the schema, killed before /,
    file: 'src/store/sqlite/migrations.ts',
    text: 'const bringUpToDate = database.transaction(() => {',
    replacement: 'const bringUpToDate = ((immediate: () => void) => ({ immediate }))(() => {',
  },
  // It grows under its own name.
  backup: {
    because: /VIOLATION: backup, killed before /,
    file: 'src/store/sqlite/backup.ts',
    text: 'const partial = `${file}.partial`;\n  reserve(file);',
    replacement: 'const partial = file;',
  },
  // Each in a commit of its own.
  rows: {
    because: /VIOLATION: import, killed before .*: \d+ rows are there, which is no number of whole commits/,
    file: 'src/admin/bulk-import.ts',
    text: `const results = await store.importRows(
        good.map(({ row }) => row),
        dryRun,
      );`,
    replacement: `const results = [];
      for (const { row } of good) results.push(...(await store.importRows([row], dryRun)));`,
  },
};

test('a schema, a backup and rows that come to be bit by bit are each found by what is half done', async () => {
  const all = Object.values(bugs);
  await expectFound(
    'kills',
    tree(),
    all.map(({ because }) => because),
    ...all,
  );
});
