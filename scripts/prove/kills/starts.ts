// What a start does to the database first: a new database, an older schema, another master secret. A command opens the
// database as the server does.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unless, type Operation } from './commands.ts';
import { again, keySetsIn, within } from './ground.ts';

const opening = ['keys', 'list'];

/** A new database, with keys under a new master secret. */
const first: Operation = {
  name: 'a first start',
  begin: (ground, time) => {
    const folder = join(ground.folder, `new ${time}`);
    mkdirSync(folder);
    const args = [...opening, '--db', join(folder, 'refract.db')];
    return {
      ...{ args, environment: {} },
      judge: async () => {
        const wrong = await again(ground, args, {});
        if (wrong.length > 0) return wrong;
        const active = keySetsIn(join(folder, 'refract.db')).filter(({ state }) => state === 'active').length;
        const mode = statSync(join(folder, 'master.key')).mode & 0o777;
        return unless(
          [active === 5, `${active} contracts have keys`],
          [mode === 0o600, `the master secret has mode ${mode.toString(8)}`],
        );
      },
    };
  },
};

/** The schema of three releases ago: the later steps undone. Add to it where a step is added. */
const olderVersion = 3;
const backToIt = `
  DROP INDEX audit_by_session; DROP INDEX audit_by_subject; DROP INDEX audit_by_type; DROP INDEX audit_by_contract;
  DROP TRIGGER forget_imported_token; DROP TABLE imported_token;
  DROP INDEX session_by_end; DROP INDEX tombstone_by_time;
  PRAGMA user_version = ${olderVersion}`;

const migrating: Operation = {
  name: 'a step of the schema',
  begin: (ground, time) => {
    const file = join(ground.folder, `older ${time}.db`);
    within(ground.file, (database) => database.prepare('VACUUM INTO ?').run(file));
    const known = versionOf(file);
    within(file, (database) => database.exec(backToIt));
    const before = contentsOf(file);
    const args = [...opening, '--db', file];
    return {
      args,
      judge: async (code) => {
        const version = versionOf(file);
        const tables = within(file, (database) =>
          database.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all(),
        );
        const isMade = ['imported_token', 'session_by_end', 'audit_by_contract'].map((name) => tables.includes(name));
        const isWhole = version === (isMade[0] === true ? known : olderVersion) && new Set(isMade).size === 1;
        return [
          ...unless(
            [isWhole, `schema ${version} has ${tables.join(', ')}`],
            [code !== 0 || version === known, 'the step was reported as done, and was not'],
            [contentsOf(file) === before, 'rows are not what they were'],
          ),
          ...(await again(ground, args)),
          ...unless([versionOf(file) === known, 'the schema is not the present one afterwards']),
        ];
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

/** All keys are sealed anew; the server continues with the keys that it has opened. */
const rekeying: Operation = {
  name: 'another master secret',
  begin: (ground, time) => {
    const { file, settings } = ground;
    const before = keySetsIn(file);
    const next = { ...settings, REFRACT_MASTER_SECRET: `master secret number ${time} of the kills proof` };
    const environment = { ...next, REFRACT_PREVIOUS_MASTER_SECRET: settings['REFRACT_MASTER_SECRET'] ?? '' };
    return {
      ...{ args: opening, environment },
      judge: async (code) => {
        const after = keySetsIn(file);
        const changed = after.filter(({ sealed }, index) => sealed !== before[index]?.sealed).length;
        const isWhole = after.length === before.length && (changed === after.length || (changed === 0 && code !== 0));
        const finished = await again(ground, opening, environment);
        Object.assign(settings, next);
        return [
          ...unless([isWhole, `${changed} of ${after.length} key sets are sealed anew`]),
          ...finished,
          ...(await again(ground, opening)),
        ];
      },
    };
  },
};

export const starts: readonly Operation[] = [first, migrating, rekeying];
