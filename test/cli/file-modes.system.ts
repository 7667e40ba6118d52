// Files and folders that Refract creates contain sessions, keys or tokens: only their owner can read them, even without
// a umask.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { test } from '../shared/cli.ts';

let umask: number;
beforeEach(() => {
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
});

/** All files below the folder, with their modes. */
function modesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(names.map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]));
}

test('serve creates database, log, secrets and folders for their owner alone', async ({ place }) => {
  const serving = await place.serveWith({ environment: { REFRACT_DB: join('made', 'on the way', 'r.db') } });
  expect(modesIn(join(place.folder, 'made'))).toEqual({
    'on the way': '700',
    'on the way/admin.token': '600',
    'on the way/master.key': '600',
    'on the way/r.db': '600',
    'on the way/r.db-shm': '600',
    'on the way/r.db-wal': '600',
  });
  expect(statSync(join(place.folder, 'made')).mode & 0o777).toBe(0o700);
  expect((await serving.stop()).code).toBe(0);
});

test('commands create backups, restored databases and copies for their owner alone', async ({ place }) => {
  await place.refract('subject', 'add', 'bob');
  mkdirSync(join(place.folder, 'kept'));
  const done = async (...args: readonly string[]): Promise<void> => {
    expect(await place.refract(...args), args[0]).toMatchObject({ code: 0 });
  };
  await done('backup', join(place.folder, 'kept', 'backup.db'));
  await done('restore', join(place.folder, 'kept', 'backup.db'), '--take-over');
  await done('copy', '--from', `sqlite:${place.database}`, '--to', `sqlite:${join(place.folder, 'kept', 'copy.db')}`);
  const modes = modesIn(place.folder);
  expect(Object.keys(modes)).toEqual([
    'kept',
    'kept/backup.db',
    'kept/copy.db',
    'refract.db',
    expect.stringMatching(/^refract\.db\.before-restore-/),
  ]);
  const files = Object.entries(modes).filter(([name]) => name !== 'kept');
  expect(files.filter(([, mode]) => mode !== '600')).toEqual([]);
});
