// The rows of the bench's large databases are like those that the server writes.
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseIn, plant, tokensOf } from '../../scripts/bench/planted.ts';
import { refresh } from '../shared/refreshing.ts';
import { startServerProcess } from '../shared/server-process.ts';
import { root } from '../structure/tree.ts';

const folder = mkdtempSync(join(tmpdir(), 'refract-planted-'));
const [active, ended] = [20, 5];

beforeAll(() => plant(folder, active, ended), 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('a planted row differs from an issued one only in ids and times', () => {
  const database = new Database(databaseIn(folder), { readonly: true });
  // The issued session is the last.
  const rows = database.prepare<[], Row>('SELECT * FROM session ORDER BY created_at').all();
  const shapes = rows.map(({ id, subject_id: _subject, credential_version: version, created_at: at, ...rest }) => ({
    ...rest,
    id: id.replaceAll(/[0-9a-f]/g, 'x'),
    variant: /^.{14}4.{4}[89ab]/.test(id),
    version: version.replaceAll(/[0-9a-f]/g, 'x'),
    rotated_at: rest.rotated_at - at,
    expires_at: rest.expires_at - at,
  }));
  expect(shapes).toHaveLength(active + ended + 1);
  expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1);
  const orphans =
    'SELECT count(*) FROM session AS s LEFT JOIN subject ON subject.id = subject_id AND ' +
    'subject.credential_version = s.credential_version WHERE subject.id IS NULL';
  expect(database.prepare(orphans).pluck().get()).toBe(0);
  database.close();
});

test('tokensOf() returns refreshable tokens of all active sessions and of no other', async () => {
  const tokens = await tokensOf(folder, 1_000);
  // Including the issued session.
  expect(new Set(tokens).size).toBe(active + 1);
  const server = await startServerProcess({ tree: root, folder });
  try {
    for (const token of tokens) {
      const successor = await refresh(server.origin, 'xerial', token);
      expect(await refresh(server.origin, 'xerial', successor)).not.toBe(successor);
    }
  } finally {
    await server.stop();
  }
}, 60_000);

interface Row {
  readonly id: string;
  readonly subject_id: string;
  readonly credential_version: string;
  readonly created_at: number;
  readonly rotated_at: number;
  readonly expires_at: number;
}
