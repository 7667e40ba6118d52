// Several processes on one database file, concurrent or killed.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import type { RestoreStep } from '../../../src/store/sqlite/restore.ts';
import { connectTo } from '../../shared/database.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { runAtOnce } from '../../shared/processes.ts';
import { draftOf } from '../kit/test-store.ts';
import { createBackup, nothing, revokeInEveryWay, start } from './backup-fixture.ts';

const processScript = new URL('process.ts', import.meta.url);
const restoringScript = fileURLToPath(new URL('restore-process.ts', import.meta.url));

function openStore(file: string) {
  const store = openSqliteStore({ file, busyTimeout: 0 });
  onTestFinished(() => store.close());
  return store;
}

describe('processes that share a file', () => {
  test('processes that open a missing file at once all open the same database', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    const versions = await runAtOnce(processScript, Array(5).fill(['open', file]) as string[][]);
    expect(versions).toHaveLength(5);
    const bob = await openStore(file).readSubject('bob');
    expect(new Set(versions)).toEqual(new Set([bob?.credentialVersion]));
  });

  test.each<[string, (file: string) => void]>([
    ['creating the schema', () => undefined],
    [
      'switching the file to WAL mode',
      (file) => {
        openDatabase(file, 0).close();
        connectTo(file).pragma('journal_mode = DELETE');
      },
    ],
  ])('a process waits for another writer before %s', async (_what, prepare) => {
    const file = join(temporaryFolder(), 'refract.db');
    prepare(file);
    const meanwhile = () => {
      const database = openDatabase(file, 10_000);
      expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
      database.close();
    };
    await runAtOnce(processScript, [['hold', file]], { meanwhile });
  });

  test('concurrent processes never rotate a session to one generation twice', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    const store = openStore(file);
    await store.putSubject('bob', nothing);
    await store.issue({
      id: 'a',
      contract: 'fib',
      policy: 'reusable',
      subjectId: 'bob',
      keyId: 'first',
      lifetime: 500,
      label: undefined,
    });
    const rotated = await runAtOnce(processScript, Array(3).fill(['rotate', file, 'a']) as string[][]);
    const total = rotated.reduce<number>((sum, each) => sum + Number(each), 0);
    expect(total).toBeGreaterThan(0);
    expect((await store.read('a')).session?.generation).toBe(total);
  });
});

describe('a group of writes', () => {
  test('a group on a full disk is unavailable, and earlier groups are kept', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    const [told] = await runAtOnce(processScript, [['fill', file]], { before: 'ulimit -f 400' });
    const { kept, failures, there, probe } = told as {
      kept: number;
      failures: string[];
      there: number;
      probe: string;
    };
    const unavailable = 'RefractError [unavailable]: SQLite: disk I/O error (SQLITE_IOERR_WRITE)';
    expect(new Set(failures)).toEqual(new Set([unavailable]));
    expect(probe, 'of whether it can be written to').toBe(unavailable);
    expect([failures.length, there]).toEqual([5, 0]);
    expect(kept).toBeGreaterThan(0);
    expect(connectTo(file).prepare('SELECT count(*) AS kept FROM subject').get()).toEqual({ kept });
  });

  test('a group waits for a lock shorter than the busy timeout', async () => {
    const file = join(temporaryFolder(), 'refract.db');
    const store = openStore(file);
    await store.putSubject('bob', nothing);
    await store.issue(draftOf({ id: 'a' }));
    const patient = openSqliteStore({ file, busyTimeout: 10_000 });
    onTestFinished(() => patient.close());
    const meanwhile = async () => {
      expect(await patient.revoke('a', 'requested')).toBe(true);
    };
    await runAtOnce(processScript, [['hold', file]], { meanwhile });
  });
});

describe('a restore', () => {
  test('restore() fails repeatedly while another process has the database open', async () => {
    const { database, file, sessions } = await createBackup();
    const before = await sessions();
    // Closing any descriptor of a file releases all locks of the process on it (POSIX.1, fcntl).
    for (const server of [1, 2].map(() => openSqliteStore({ file: database, busyTimeout: 0 }))) {
      onTestFinished(() => server.close());
    }
    const { status, stderr } = spawnSync(process.execPath, [restoringScript, file, database, 'closed']);
    expect([status, String(stderr)]).toEqual([1, expect.stringContaining(' is in use: stop the server and ')]);
    expect(await sessions()).toEqual(before);
  });
});

describe('a restore that is killed', () => {
  const steps: readonly RestoreStep[] = ['locked', 'staged', 'taken over', 'kept', 'in one file', 'replaced', 'closed'];
  test.each(steps)('restore() killed when %s leaves a whole database and can be repeated', async (step) => {
    const { database, file, inside, restored } = await createBackup();
    await inside(revokeInEveryWay, start + 10);
    // With a log, as a killed server leaves it.
    const open = openSqliteStore({ file: database, busyTimeout: 0 });
    await open.putSubject('last', nothing);
    const crashed = `${database}.crashed`;
    for (const ending of ['', '-wal', '-shm']) copyFileSync(database + ending, crashed + ending);
    await open.close();

    const { signal, stderr } = spawnSync(process.execPath, [restoringScript, file, crashed, step]);
    expect(signal, String(stderr)).toBe('SIGKILL');
    const isNew = step === 'replaced' || step === 'closed';
    const store = openSqliteStore({ file: crashed, busyTimeout: 0 });
    expect((await store.readSubject('last')) !== undefined, 'the old database').toBe(!isNew);
    expect((await store.readSubject('new')) !== undefined, 'the old database').toBe(!isNew);
    expect((await store.read('a')).session?.revokedReason).toBe('requested');
    expect((await store.listSessions({})).length).toBe(isNew ? 4 : 5);
    await store.close();
    const connection = connectTo(crashed);
    expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
    connection.close();
    expect(restored({ database: crashed, revocations: 'take-over' })).toMatchObject({ kind: 'restored' });
  });

  test('restore() killed without a previous database can be repeated', async () => {
    const { folder, file, restored } = await createBackup();
    for (const step of steps) {
      const database = join(folder, `${step}.db`);
      expect(spawnSync(process.execPath, [restoringScript, file, database, step]).signal).toBe('SIGKILL');
      const store = openSqliteStore({ file: database, busyTimeout: 0 });
      const isNew = step === 'replaced' || step === 'closed';
      expect((await store.listSessions({})).length, step).toBe(isNew ? 4 : 0);
      await store.close();
      expect(restored({ database }), step).toMatchObject({ kind: 'restored' });
    }
  });
});

test('a process that waits while restore() replaces the database opens the new one', async () => {
  const { database, restored, inside } = await createBackup();
  const before = await inside((store) => store.putSubject('bob', nothing));
  const waiting: ChildProcess[] = [];
  onTestFinished(() => waiting.forEach((child) => child.kill()));
  restored({
    onStep: (step) => {
      if (step !== 'locked') return;
      const child = spawn(process.execPath, [fileURLToPath(processScript), 'open', database], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      waiting.push(child);
      while (!hasOpen(child, database)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    },
  });
  const ended = await Promise.all(waiting.map(outputOf));
  const bob = await inside((store) => store.readSubject('bob'));
  expect(bob?.credentialVersion).not.toBe(before.credentialVersion);
  expect(ended).toEqual([`ready\n${JSON.stringify(bob?.credentialVersion)}`]);
});

/** Whether the process has the file open (Linux); elsewhere, whether it has been started. */
function hasOpen({ pid, exitCode }: ChildProcess, file: string): boolean {
  const descriptors = `/proc/${String(pid)}/fd`;
  if (exitCode !== null || !existsSync(descriptors)) return true;
  return readdirSync(descriptors).some((name) => {
    try {
      return readlinkSync(join(descriptors, name)) === file;
    } catch {
      // Closed since the folder was read.
      return false;
    }
  });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (errors += String(chunk)));
  await once(child, 'close');
  return output + errors;
}
