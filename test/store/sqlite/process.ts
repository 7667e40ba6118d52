// One of several processes that share a database file: node process.ts <work> <file> [<session>]
import Database from 'better-sqlite3';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import { answer, letGo } from '../../shared/processes.ts';

const [, , work = '', file = '', sessionId = ''] = process.argv;
const open = () => openSqliteStore({ file, busyTimeout: 10_000 });
const nothing = { email: undefined, account: undefined, role: undefined };

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  /** Opens a file that may be missing, and returns a credential version from it. */
  open: async () => {
    await letGo();
    const store = open();
    const { credentialVersion } = await store.putSubject('bob', nothing);
    await store.close();
    return credentialVersion;
  },

  /** Tries repeatedly to rotate a session, and returns how often it succeeded. */
  rotate: async () => {
    const store = open();
    await letGo();
    let rotated = 0;
    for (let attempt = 0; attempt < 25; attempt += 1) {
      const { session } = await store.read(sessionId);
      if (session && (await store.rotate(session, { ...session, generation: session.generation + 1 }))) rotated += 1;
    }
    await store.close();
    return rotated;
  },

  /** Keeps the write lock for 100 ms. */
  hold: async () => {
    const database = new Database(file);
    database.exec('BEGIN IMMEDIATE');
    await letGo();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    database.exec('ROLLBACK').close();
    return null;
  },

  /** Writes groups of five until the disk is full, and returns the results of the last group and of a probe. */
  fill: async () => {
    const store = open();
    await letGo();
    for (let kept = 0; ; kept += 5) {
      const group = [1, 2, 3, 4, 5].map((index) => String(kept + index).padEnd(1_000, '.'));
      const put = await Promise.allSettled(group.map((id) => store.putSubject(id, nothing)));
      const failures = put.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
      if (failures.length === 0) continue;
      const there = await Promise.all(group.map((id) => store.readSubject(id)));
      // A single write may fit where five did not.
      const probes: string[] = [];
      while (probes.length < 10) probes.push(await store.probe().then(() => 'well', String));
      await store.close();
      return { kept, failures, there: there.filter(Boolean).length, probe: probes.at(-1) };
    }
  },
};

answer(await works[work]?.());
