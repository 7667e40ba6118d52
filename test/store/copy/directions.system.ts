// A copy moves every row between both kinds of database, even with changes and failures during it.
import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import type { CopyDatabase } from '../../../src/store/copy/database.ts';
import { createEmptyDatabase } from '../../shared/databases.ts';
import { queryOnce } from '../../shared/postgres.ts';
import { contentsOf, fill, postgresSide, sqliteSide, type Side } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const sides = {
  sqlite: () => Promise.resolve(sqliteSide()),
  postgres: () => postgresSide(createEmptyDatabase),
} as const;

/** Long enough for any machine: these tests do not measure time. */
const patient = { longestFence: 60, report: () => undefined };

describe.each([
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
] as const)('from %s to %s', (from, to) => {
  const twoSides = async (sessions: number): Promise<readonly [Side, Side]> => {
    const [source, target] = await Promise.all([sides[from](), sides[to]()]);
    await fill(source, sessions);
    return [source, target];
  };

  test('copy() moves every column of every row, and returns counts and checksums', async () => {
    const [source, target] = await twoSides(9_000);
    const before = await contentsOf(source);
    const copied = await copy(await source.open('source'), await target.open('target'), patient);
    expect(await contentsOf(target)).toEqual(before);
    expect(await contentsOf(source, 'copied_')).toEqual(before);
    expect(copied).toEqual({
      kind: 'copied',
      auditEvents: 2,
      tables: [
        { table: 'subject', rows: 4, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { table: 'session', rows: 9_000, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { table: 'imported_token', rows: 2, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { table: 'key_set', rows: 3, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    });
  });

  test('copy() moves changes made between the passes and the fence', async () => {
    const [source, target] = await twoSides(300);
    const database = await source.open('source');
    await copy(
      { ...database, closeSource: after(database.closeSource, () => change(source)) },
      await target.open('target'),
      patient,
    );
    const contents = await contentsOf(target);
    expect(contents).toEqual(await contentsOf(source, 'copied_'));
    expect(contents['session']).toHaveLength(299);
    expect(contents['imported_token']).toHaveLength(2);
    expect(await target.run('SELECT state FROM key_set ORDER BY state, id')).toEqual(
      ['active', 'retired', 'retired'].map((state) => ({ state })),
    );
  });

  test('copy() moves a session and its imported token added between two tables', async () => {
    const [source, target] = await twoSides(10);
    const database = await source.open('source');
    let isChanged = false;
    const boundaries: CopyDatabase['boundaries'] = async (table, start) => {
      if (table.name === 'imported_token' && !isChanged) {
        isChanged = true;
        await source.run(
          "INSERT INTO session SELECT 'imported', contract, policy, subject_id, credential_version, 0, rotated_at, key_id, created_at, expires_at, NULL, NULL, NULL FROM session WHERE id = 'session 1'",
          "INSERT INTO imported_token VALUES ('fib', 'late', 'imported', 1700000000, 1700009999)",
        );
      }
      return database.boundaries(table, start);
    };
    await copy({ ...database, boundaries }, await target.open('target'), patient);
    expect(await target.run("SELECT session_id FROM imported_token WHERE hash = 'late'")).toEqual([
      { session_id: 'imported' },
    ]);
    expect(await contentsOf(target)).toEqual(await contentsOf(source, 'copied_'));
  });

  test('copy() moves a revocation made after the pass has read its session', async () => {
    const [source, target] = await twoSides(10);
    const database = await source.open('source');
    const boundaries: CopyDatabase['boundaries'] = async (table, start) => {
      if (table.name === 'imported_token') {
        await source.run(
          "UPDATE session SET revoked_at = 1700000100, revoked_reason = 'requested' WHERE id = 'session 5'",
        );
      }
      return database.boundaries(table, start);
    };
    await copy({ ...database, boundaries }, await target.open('target'), patient);
    expect(await contentsOf(target)).toEqual(await contentsOf(source, 'copied_'));
    expect(await target.run("SELECT revoked_reason FROM session WHERE id = 'session 5'")).toEqual([
      { revoked_reason: 'requested' },
    ]);
  });

  test('copy() moves late audit events, and events of the target stay', async () => {
    const [source, target] = await twoSides(3);
    const database = await target.open('target');
    const openTarget = async (id: string): Promise<void> => {
      await database.openTarget(id);
      await source.run("INSERT INTO audit_event (at, id, type) VALUES (1700000005, 'late', 'refused')");
      await target.run("INSERT INTO audit_event (at, id, type) VALUES (1700000005, 'own', 'refused')");
    };
    const copied = await copy(await source.open('source'), { ...database, openTarget }, patient);
    expect(copied).toMatchObject({ auditEvents: 4 });
    expect(await target.run('SELECT id FROM audit_event ORDER BY at, id')).toEqual(
      ['a', 'b', 'late', 'own'].map((id) => ({ id })),
    );
  });

  test('copy() interrupted at any step leaves at most one open, and then finishes', async () => {
    const [source, target] = await twoSides(300);
    const before = await contentsOf(source);
    const broken = new Error('interrupted');
    const steps: readonly (keyof CopyDatabase)[] = [
      'markSource',
      'prepareTarget',
      'write',
      'closeSource',
      'openTarget',
    ];
    for (const step of steps) {
      const [one, other] = [await source.open('source'), await target.open('target')];
      const fails = { [step]: () => Promise.reject(broken) };
      await expect(copy({ ...one, ...fails }, { ...other, ...fails }, patient)).rejects.toBe(broken);
      await one.close();
      await other.close();
      expect([await isOpen(source), await isOpen(target)], `after ${step}`).toEqual(
        step === 'openTarget' ? [false, false] : [true, step === 'markSource' || step === 'prepareTarget'],
      );
    }
    expect(await copy(await source.open('source'), await target.open('target'), patient)).toMatchObject({
      kind: 'copied',
    });
    expect([await isOpen(source), await isOpen(target)]).toEqual([false, true]);
    expect(await contentsOf(target)).toEqual(before);
    expect(await copy(await source.open('source'), await target.open('target'), patient)).toEqual({
      kind: 'done',
      auditEvents: 0,
    });
  });
});

test('copy() to PostgreSQL and back leaves every row unchanged', async () => {
  const [first, second, third] = [sqliteSide(), await postgresSide(createEmptyDatabase), sqliteSide()];
  await fill(first, 200);
  const before = await contentsOf(first);
  await copy(await first.open('source'), await second.open('target'), patient);
  await copy(await second.open('source'), await third.open('target'), patient);
  expect(await contentsOf(third)).toEqual(before);
  for (const left of [first, second]) await expect(left.start()).rejects.toThrow(/was copied to .* is closed/);
  await third.start();
});

test('copy() gives up after three fences that take too long; the source stays open', async () => {
  const [source, target] = [sqliteSide(), sqliteSide()];
  await fill(source, 10);
  const reported: string[] = [];
  const options = { longestFence: 0, report: (line: string) => reported.push(line) };
  await expect(copy(await source.open('source'), await target.open('target'), options)).rejects.toThrow(
    /was not copied within 0 s in 3 attempts: the last pass took too long; .* --longest-fence\.$/,
  );
  expect(reported.filter((line) => line.includes('is open again'))).toHaveLength(3);
  expect([await isOpen(source), await isOpen(target)]).toEqual([true, false]);
});

test('servers continue while copy() waits for a vacuum, and then it finishes', async () => {
  const [source, target] = [await sides.postgres(), sqliteSide()];
  await fill(source, 10);
  const vacuum = new pg.Client(source.argument);
  await vacuum.connect();
  // The lock of a vacuum: a vacuum itself cannot be paused.
  await vacuum.query('BEGIN; LOCK TABLE refract.session IN SHARE UPDATE EXCLUSIVE MODE');
  const copying = copy(await source.open('source'), await target.open('target'), patient);
  const waiting = 'SELECT FROM pg_locks WHERE NOT granted';
  await vi.waitUntil(async () => (await queryOnce(source.argument, waiting)).length > 0, { timeout: 20_000 });
  // Far less than the wait of a server.
  await source.run('SET lock_timeout = 100', 'UPDATE session SET generation = generation + 1');
  await vacuum.end();
  expect(await copying).toMatchObject({ kind: 'copied' });
});

test.each([
  ['sqlite', 'write'],
  ['sqlite', 'closeSource'],
  ['postgres', 'write'],
  ['postgres', 'closeSource'],
] as const)('copy() of %s keeps the source open if rows differ after %s', async (from, at) => {
  const [source, target] = [await sides[from](), await postgresSide(createEmptyDatabase)];
  await fill(source, 100);
  const [one, other] = [await source.open('source'), await target.open('target')];
  let isChanged = false;
  const meddle = async (): Promise<void> => {
    if (isChanged) return;
    isChanged = true;
    await target.run(
      'CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.generation = 99; RETURN NEW; END$$',
      'CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON arriving_session FOR EACH ROW EXECUTE FUNCTION meddle()',
    );
  };
  const pairs = {
    write: [one, { ...other, write: after(other.write, meddle) }],
    closeSource: [
      {
        ...one,
        closeSource: after(one.closeSource, async () => {
          await meddle();
          await source.run("UPDATE session SET generation = 100 WHERE id = 'session 1'");
        }),
      },
      other,
    ],
  } as const;
  const [left, right] = pairs[at];
  await expect(copy(left, right, patient)).rejects.toThrow(/has other rows in session than the copy wrote/);
  expect([await isOpen(source), await isOpen(target)]).toEqual([true, false]);
});

/** Rotates, revokes, disables, issues, removes and rotates keys. */
async function change({ run }: Side): Promise<void> {
  await run(
    "UPDATE session SET generation = generation + 1, rotated_at = 1700099999, key_id = 'other' WHERE id = 'session 7'",
    "UPDATE session SET revoked_at = 1700099999, revoked_reason = 'requested' WHERE id = 'session 8'",
    "UPDATE subject SET disabled_at = 1700099999 WHERE id = 'bob'",
    "INSERT INTO subject VALUES ('new', 'v9', NULL, NULL, NULL, NULL, NULL)",
    "INSERT INTO session SELECT 'a new one', contract, policy, 'new', 'v9', 0, rotated_at, key_id, created_at, expires_at, NULL, NULL, NULL FROM session WHERE id = 'session 1'",
    // One with an imported token, and one without.
    "DELETE FROM session WHERE id IN ('session 3', 'session 4')",
    "UPDATE imported_token SET expires_at = 1700008888 WHERE session_id = 'session 1'",
    "INSERT INTO imported_token VALUES ('fib', 'new', 'a new one', 1700000000, 1700009999)",
    "UPDATE key_set SET state = 'retired', retired_at = 1700099999 WHERE id = 'k1'",
    "UPDATE key_set SET state = 'active' WHERE id = 'k0'",
    "DELETE FROM subject WHERE id = 'gone'",
  );
}

function after<Input extends unknown[], Output>(
  then: (...input: Input) => Promise<Output>,
  first: () => Promise<void>,
): never {
  // The type parameter of the result is lost here, and no caller reads it.
  return (async (...input: Input) => {
    await first();
    return then(...input);
  }) as never;
}

/** Whether sessions can be read from it. */
async function isOpen({ run }: Side): Promise<boolean> {
  return run('SELECT count(*) FROM session').then(
    () => true,
    () => false,
  );
}
