// Changes of the database at a start: a new database, a migration, another master secret. A command opens the database as
// the server does.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from './commands.ts';
import { checkAgain, keySetsIn, within } from './fixture.ts';

const opening = ['keys', 'list'];

/** A new database, with keys under a new master secret. */
const first: Operation = {
  name: 'a first start',
  begin: (fixture, time) => {
    const folder = join(fixture.folder, `new ${time}`);
    mkdirSync(folder);
    const args = [...opening, '--db', join(folder, 'refract.db')];
    return {
      ...{ args, environment: {} },
      check: async (_code, scoped) => {
        if (!(await checkAgain(scoped, args, {}))) return;
        const active = keySetsIn(join(folder, 'refract.db')).filter(({ state }) => state === 'active').length;
        const mode = statSync(join(folder, 'master.key')).mode & 0o777;
        scoped.expect(active === 5, `${active} contracts have keys`);
        scoped.expect(mode === 0o600, `the master secret has mode ${mode.toString(8)}`);
      },
    };
  },
};

/** The schema of three releases ago: later migrations undone. Extend it with each migration. */
const olderVersion = 3;
const undoMigrations = `
  DROP INDEX audit_by_session; DROP INDEX audit_by_subject; DROP INDEX audit_by_type; DROP INDEX audit_by_contract;
  DROP TRIGGER forget_imported_token; DROP TABLE imported_token;
  DROP INDEX session_by_end; DROP INDEX tombstone_by_time;
  PRAGMA user_version = ${olderVersion}`;

const migrating: Operation = {
  name: 'a migration',
  begin: (fixture, time) => {
    const file = join(fixture.folder, `older ${time}.db`);
    within(fixture.file, (database) => database.prepare('VACUUM INTO ?').run(file));
    const known = versionOf(file);
    within(file, (database) => database.exec(undoMigrations));
    const before = contentsOf(file);
    const args = [...opening, '--db', file];
    return {
      args,
      check: async (code, scoped) => {
        const version = versionOf(file);
        const tables = within(file, (database) =>
          database.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all(),
        );
        const isMade = ['imported_token', 'session_by_end', 'audit_by_contract'].map((name) => tables.includes(name));
        const isWhole = version === (isMade[0] === true ? known : olderVersion) && new Set(isMade).size === 1;
        scoped.expect(isWhole, `schema ${version} has ${tables.join(', ')}`);
        scoped.expect(code !== 0 || version === known, 'the migration was reported as complete and is not');
        scoped.expect(contentsOf(file) === before, 'rows have changed');
        await checkAgain(scoped, args);
        scoped.expect(versionOf(file) === known, 'the schema is not current afterwards');
      },
    };
  },
};

function versionOf(file: string): number {
  return within(file, (database) => Number(database.pragma('user_version', { simple: true })));
}

function contentsOf(file: string): string {
  return within(file, (database) =>
    JSON.stringify([
      database.prepare('SELECT * FROM session ORDER BY id').all(),
      database.prepare('SELECT id, contract, state, sealed, created_at, retired_at FROM key_set ORDER BY id').all(),
    ]),
  );
}

/** All keys are sealed again; the server continues with the keys that it opened. */
const rekeying: Operation = {
  name: 'another master secret',
  begin: (fixture, time) => {
    const { file, settings } = fixture;
    const before = keySetsIn(file);
    const next = { ...settings, REFRACT_MASTER_SECRET: `master secret number ${time} of the kills proof` };
    const environment = { ...next, REFRACT_PREVIOUS_MASTER_SECRET: settings['REFRACT_MASTER_SECRET'] ?? '' };
    return {
      ...{ args: opening, environment },
      check: async (code, scoped) => {
        const after = keySetsIn(file);
        const changed = after.filter(({ sealed }, index) => sealed !== before[index]?.sealed).length;
        const isWhole = after.length === before.length && (changed === after.length || (changed === 0 && code !== 0));
        scoped.expect(isWhole, `${changed} of ${after.length} key sets are sealed again`);
        await checkAgain(scoped, opening, environment);
        Object.assign(settings, next);
        await checkAgain(scoped, opening);
      },
    };
  },
};

export const starts: readonly Operation[] = [first, migrating, rekeying];
