// refract import, killed while it runs.
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makePlace, test, type Place } from '../shared/cli.ts';
import { connectTo } from '../shared/database.ts';
import { importedState, linesOfRows, originalSecret, originalsAt, subjectRow } from '../shared/importing.ts';

const { original, sessionRow } = originalsAt(Math.floor(Date.now() / 1_000));
const subjects = Array.from({ length: 500 }, (_, index) => `u${String(index)}`);
const rows = [
  ...subjects.map((id) => subjectRow(id)),
  ...Array.from({ length: 1_500 }, (_, index) => {
    const id = subjects[index % subjects.length] ?? '';
    return sessionRow(id, original(id, { jti: String(index) }));
  }),
];

function write(place: Place): string {
  const file = join(place.folder, 'rows.ndjson');
  writeFileSync(file, linesOfRows(rows));
  return file;
}

async function importLegacyKey(place: Place): Promise<void> {
  const file = join(place.folder, 'xerial.secret');
  writeFileSync(file, originalSecret);
  expect(await place.refract('keys', 'import', 'xerial', '--legacy-refresh-key', file)).toMatchObject({ code: 0 });
}

test('import has the same result when it is repeated after kill -9', async ({ place, onTestFinished }) => {
  const whole = makePlace();
  onTestFinished(whole.clear);
  for (const one of [place, whole]) await importLegacyKey(one);
  await whole.refract('import', write(whole));

  const pipe = join(place.folder, 'pipe');
  expect((await place.program('mkfifo', [pipe])).code).toBe(0);
  const broken = place.running({}, 'import', pipe);
  const writer = createWriteStream(pipe);
  // The killed process breaks the pipe, sooner or later.
  writer.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => writer.once('close', () => resolve()));
  // More rows than a pipe and a batch take, without an end.
  for (const row of rows.slice(0, 1_500)) writer.write(linesOfRows([row]));
  const count = connectTo(place.database).prepare('SELECT count(*) FROM session').pluck();
  await expect.poll(() => count.get(), { timeout: 30_000 }).toBeGreaterThan(100);
  broken.kill('SIGKILL');
  expect((await broken.ended).code).toBeNull();
  writer.destroy();
  await closed;

  expect(count.get()).toBeLessThan(1_500);
  expect(await place.refract('import', write(place))).toMatchObject({ code: 0 });
  expect(importedState(place.database)).toEqual(importedState(whole.database));
});
