// All that is in one database comes to the other, whatever kind either of them is, and whatever happens meanwhile.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { copy } from '../../../src/store/copy/copy.ts';
import type { CopyEnd } from '../../../src/store/copy/ends.ts';
import { queryOnce, startPostgres, type TestPostgres } from '../../shared/postgres.ts';
import { contentsOf, fill, postgresSide, sqliteSide, type Side } from './sides.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const sides = {
  sqlite: () => Promise.resolve(sqliteSide()),
  postgres: () => postgresSide(postgres.createDatabase),
} as const;

/** Long enough for any machine: what is tried here is not how long it takes. */
const patient = { longestFence: 60, say: () => undefined };

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

  test('every row of every table arrives with every column, and is counted and checked', async () => {
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

  test('what changes after the passes and before the fence arrives as well', async () => {
    const [source, target] = await twoSides(300);
    const end = await source.open('source');
    await copy({ ...end, fence: after(end.fence, () => change(source)) }, await target.open('target'), patient);
    const contents = await contentsOf(target);
    expect(contents).toEqual(await contentsOf(source, 'copied_'));
    expect(contents['session']).toHaveLength(299);
    expect(contents['imported_token']).toHaveLength(2);
    expect(await target.run('SELECT state FROM key_set ORDER BY state, id')).toEqual(
      ['active', 'retired', 'retired'].map((state) => ({ state })),
    );
  });

  test('what comes between two tables of one pass arrives as well, an imported session with its token', async () => {
    const [source, target] = await twoSides(10);
    const end = await source.open('source');
    let isChanged = false;
    const boundaries: CopyEnd['boundaries'] = async (table, start) => {
      if (table.name === 'imported_token' && !isChanged) {
        isChanged = true;
        await source.run(
          "INSERT INTO session SELECT 'imported', contract, policy, subject_id, credential_version, 0, rotated_at, key_id, created_at, expires_at, NULL, NULL, NULL FROM session WHERE id = 'session 1'",
          "INSERT INTO imported_token VALUES ('fib', 'late', 'imported', 1700000000, 1700009999)",
        );
      }
      return end.boundaries(table, start);
    };
    await copy({ ...end, boundaries }, await target.open('target'), patient);
    expect(await target.run("SELECT session_id FROM imported_token WHERE hash = 'late'")).toEqual([
      { session_id: 'imported' },
    ]);
    expect(await contentsOf(target)).toEqual(await contentsOf(source, 'copied_'));
  });

  test('a revocation of a session that the only pass before the fence has read already arrives as well', async () => {
    const [source, target] = await twoSides(10);
    const end = await source.open('source');
    const boundaries: CopyEnd['boundaries'] = async (table, start) => {
      if (table.name === 'imported_token') {
        await source.run(
          "UPDATE session SET revoked_at = 1700000100, revoked_reason = 'requested' WHERE id = 'session 5'",
        );
      }
      return end.boundaries(table, start);
    };
    await copy({ ...end, boundaries }, await target.open('target'), patient);
    expect(await contentsOf(target)).toEqual(await contentsOf(source, 'copied_'));
    expect(await target.run("SELECT revoked_reason FROM session WHERE id = 'session 5'")).toEqual([
      { revoked_reason: 'requested' },
    ]);
  });

  test('the audit trail follows to the last event, and what the target has written down itself stays', async () => {
    const [source, target] = await twoSides(3);
    const end = await target.open('target');
    const open = async (id: string): Promise<void> => {
      await end.open(id);
      await source.run("INSERT INTO audit_event (at, id, type) VALUES (1700000005, 'late', 'refused')");
      await target.run("INSERT INTO audit_event (at, id, type) VALUES (1700000005, 'own', 'refused')");
    };
    const copied = await copy(await source.open('source'), { ...end, open }, patient);
    expect(copied).toMatchObject({ auditEvents: 4 });
    expect(await target.run('SELECT id FROM audit_event ORDER BY at, id')).toEqual(
      ['a', 'b', 'late', 'own'].map((id) => ({ id })),
    );
  });

  test('broken off at any moment, neither is ever open beside the other, and the same command finishes it', async () => {
    const [source, target] = await twoSides(300);
    const before = await contentsOf(source);
    const broken = new Error('broken off');
    const steps: readonly (keyof CopyEnd)[] = ['leave', 'arrive', 'write', 'fence', 'open'];
    for (const step of steps) {
      const [one, other] = [await source.open('source'), await target.open('target')];
      const fails = { [step]: () => Promise.reject(broken) };
      await expect(copy({ ...one, ...fails }, { ...other, ...fails }, patient)).rejects.toBe(broken);
      await one.close();
      await other.close();
      expect([await isOpen(source), await isOpen(target)], `after ${step}`).toEqual(
        step === 'open' ? [false, false] : [true, step === 'leave' || step === 'arrive'],
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

test('there and back again it is the same', async () => {
  const [first, second, third] = [sqliteSide(), await postgresSide(postgres.createDatabase), sqliteSide()];
  await fill(first, 200);
  const before = await contentsOf(first);
  await copy(await first.open('source'), await second.open('target'), patient);
  await copy(await second.open('source'), await third.open('target'), patient);
  expect(await contentsOf(third)).toEqual(before);
  for (const shut of [first, second]) await expect(shut.start()).rejects.toThrow(/was copied to .* go on there/);
  await third.start();
});

test('a fence that would take too long is let go, tried again, and given up with the source still open', async () => {
  const [source, target] = [sqliteSide(), sqliteSide()];
  await fill(source, 10);
  const said: string[] = [];
  const options = { longestFence: 0, say: (line: string) => said.push(line) };
  await expect(copy(await source.open('source'), await target.open('target'), options)).rejects.toThrow(
    /may be held for 0 s, which was not enough in 3 tries: the last pass was not over; .* --longest-fence\.$/,
  );
  expect(said.filter((line) => line.includes('let go, and serves'))).toHaveLength(3);
  expect([await isOpen(source), await isOpen(target)]).toEqual([true, false]);
});

test('servers go on while a copy waits for a vacuum, and it goes on when that is over', async () => {
  const [source, target] = [await sides.postgres(), sqliteSide()];
  await fill(source, 10);
  const vacuum = new pg.Client(source.argument);
  await vacuum.connect();
  // Its lock: a vacuum itself cannot be held.
  await vacuum.query('BEGIN; LOCK TABLE refract.session IN SHARE UPDATE EXCLUSIVE MODE');
  const copying = copy(await source.open('source'), await target.open('target'), patient);
  const waiting = 'SELECT FROM pg_locks WHERE NOT granted';
  await vi.waitUntil(async () => (await queryOnce(source.argument, waiting)).length > 0, { timeout: 20_000 });
  // Far sooner than whoever waits would give up.
  await source.run('SET lock_timeout = 100', 'UPDATE session SET generation = generation + 1');
  await vacuum.end();
  expect(await copying).toMatchObject({ kind: 'copied' });
});

test.each([
  ['sqlite', 'write'],
  ['sqlite', 'fence'],
  ['postgres', 'write'],
  ['postgres', 'fence'],
] as const)('what a copy of %s has written is read again, and a difference keeps the source open', async (from, at) => {
  const [source, target] = [await sides[from](), await postgresSide(postgres.createDatabase)];
  await fill(source, 100);
  const [one, other] = [await source.open('source'), await target.open('target')];
  let isMeddled = false;
  const meddle = async (): Promise<void> => {
    if (isMeddled) return;
    isMeddled = true;
    await target.run(
      'CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.generation = 99; RETURN NEW; END$$',
      'CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON arriving_session FOR EACH ROW EXECUTE FUNCTION meddle()',
    );
  };
  const ends = {
    write: [one, { ...other, write: after(other.write, meddle) }],
    fence: [
      {
        ...one,
        fence: after(one.fence, async () => {
          await meddle();
          await source.run("UPDATE session SET generation = 100 WHERE id = 'session 1'");
        }),
      },
      other,
    ],
  } as const;
  const [left, right] = ends[at];
  await expect(copy(left, right, patient)).rejects.toThrow(
    /holds of session is not what was written to it; nothing was switched/,
  );
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
    // With the token that was imported as it, and another that is not.
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
  // The type parameter of a fence's own result is lost on the way here, and nothing looks at it.
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
