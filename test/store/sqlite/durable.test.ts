// Every connection that writes waits for the disk: that of the server and those of the commands.
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { backUp } from '../../../src/store/sqlite/backup.ts';
import { restore } from '../../../src/store/sqlite/restore.ts';
import { copy } from '../../../src/store/copy/copy.ts';
import { openSqliteForCopy } from '../../../src/store/copy/sqlite.ts';
import { takeLastStepBack } from '../../shared/database.ts';
import { temporaryFolder } from '../../shared/folder.ts';

interface Closed {
  readonly file: string;
  /** `PRAGMA synchronous`: 2 is FULL, 1 NORMAL, which in WAL mode waits at checkpoints alone. */
  readonly synchronous: unknown;
  readonly rowsWritten: number;
}

/** Records the state of every connection when it is closed. */
function watchClosing(): readonly Closed[] {
  const closed: Closed[] = [];
  // Called with `this` only.
  const { close } = Database.prototype;
  vi.spyOn(Database.prototype, 'close').mockImplementation(function (this: Database.Database) {
    if (this.open) {
      closed.push({
        file: this.name,
        synchronous: this.pragma('synchronous', { simple: true }),
        rowsWritten: Number(this.prepare<[]>('SELECT total_changes()').pluck().get()),
      });
    }
    return close.call(this);
  });
  return closed;
}

test('connections of store, backup, restore and copy write with synchronous=FULL', async () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const [file, backup] = [at('refract.db'), at('backup.db')];
  const closed = watchClosing();

  const store = openSqliteStore({ file, busyTimeout: 0 });
  await store.putSubject('alice', { email: 'alice@example.com', account: undefined, role: undefined });
  await store.issue({
    ...{ id: 'a', contract: 'fib', policy: 'single-use', subjectId: 'alice', keyId: 'first' },
    ...{ lifetime: 500, label: undefined },
  });
  backUp(file, backup, 0);
  await store.revoke('a', 'requested');
  await store.close();
  // The next connection migrates it again.
  takeLastStepBack(file);
  const now = Math.floor(Date.now() / 1000);
  const restored = restore({ file: backup, database: file, busyTimeout: 0, revocations: 'take-over', now });
  expect(restored).toMatchObject({ kind: 'restored', isTakenOver: true });
  const source = openSqliteForCopy(file, 'source', 0);
  const target = openSqliteForCopy(at('copy.db'), 'target', 0);
  await copy(source, target, { longestFence: 2, report: () => undefined });
  await Promise.all([source.close(), target.close()]);

  const writers = closed.filter(({ rowsWritten }) => rowsWritten > 0);
  // Those of the store, of the restore, and of source and target of the copy.
  expect(new Set(writers.map((one) => one.file)).size).toBeGreaterThanOrEqual(2);
  expect(writers.length).toBeGreaterThanOrEqual(4);
  expect(writers.filter(({ synchronous }) => synchronous !== 2)).toEqual([]);
});
