// What a start does to the database before anything else: a first one, one of a newer release and one under another
// master secret. A command opens it as the server does.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { again, keysOf, type Operation } from './commands.ts';
import { copyOf, within } from './ground.ts';

const opening = ['keys', 'list'];

/** A new database, with keys under a master secret that is made as well. */
const first: Operation = {
  name: 'a first start',
  begin: (ground, time) => {
    const folder = join(ground.folder, `new ${String(time)}`);
    mkdirSync(folder);
    const file = join(folder, 'refract.db');
    const args = [...opening, '--db', file];
    return Promise.resolve({
      running: { args, environment: {} },
      judge: async () => {
        const begun = await again(ground, args, {});
        if (begun.length > 0) return begun;
        const active = keysOf(file).filter(({ state }) => state === 'active').length;
        const mode = statSync(join(folder, 'master.key')).mode & 0o777;
        return [
          ...(active === 5 ? [] : [`${String(active)} contracts have keys`]),
          ...(mode === 0o600 ? [] : [`the master secret has mode ${mode.toString(8)}`]),
          ...(await again(ground, args, {})),
        ];
      },
    });
  },
};

/** The schema of three releases ago: what later steps have made is taken away. To be gone on with where steps are added. */
const olderVersion = 3;
const backToIt = `
  DROP INDEX audit_by_session; DROP INDEX audit_by_subject; DROP INDEX audit_by_type; DROP INDEX audit_by_contract;
  DROP TRIGGER forget_imported_token; DROP TABLE imported_token;
  DROP INDEX session_by_end; DROP INDEX tombstone_by_time;
  PRAGMA user_version = ${String(olderVersion)}`;

const migrating: Operation = {
  name: 'a step of the schema',
  begin: (ground, time) => {
    const file = join(ground.folder, `older ${String(time)}.db`);
    copyOf(ground.file, file);
    const known = versionOf(file);
    within(file, (database) => database.exec(backToIt));
    const before = contentsOf(file);
    const args = [...opening, '--db', file];
    return Promise.resolve({
      running: { args, environment: ground.settings },
      judge: async ({ code }) => {
        const version = versionOf(file);
        const tables = schemaOf(file);
        const isMade = ['imported_token', 'session_by_end', 'audit_by_contract'].map((name) => tables.includes(name));
        const isWhole = version === (isMade[0] === true ? known : olderVersion) && new Set(isMade).size === 1;
        return [
          ...(isWhole ? [] : [`schema ${String(version)} has ${tables.join(', ')}`]),
          ...(code === 0 && version !== known ? ['it was said to be done, and was not'] : []),
          ...(contentsOf(file) === before ? [] : ['rows are not what they were']),
          ...(await again(ground, args)),
          ...(versionOf(file) === known ? [] : ['the schema is not the present one afterwards']),
        ];
      },
    });
  },
};

function versionOf(file: string): number {
  return within(file, (database) => Number(database.pragma('user_version', { simple: true })));
}

function schemaOf(file: string): readonly string[] {
  return within(file, (database) => database.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all());
}

function contentsOf(file: string): string {
  return within(file, (database) =>
    JSON.stringify([
      database.prepare('SELECT * FROM session ORDER BY id').all(),
      database.prepare('SELECT id, contract, state, sealed, created_at, retired_at FROM key_set ORDER BY id').all(),
    ]),
  );
}

/** All keys are sealed anew; the server goes on with those that it has opened. */
const rekeying: Operation = {
  name: 'another master secret',
  begin: (ground, time) => {
    const { file, settings } = ground;
    const before = keysOf(file);
    const next = { ...settings, REFRACT_MASTER_SECRET: `master secret number ${String(time)} of the kills proof` };
    const environment = { ...next, REFRACT_PREVIOUS_MASTER_SECRET: settings['REFRACT_MASTER_SECRET'] ?? '' };
    return Promise.resolve({
      running: { args: opening, environment },
      judge: async ({ code }) => {
        const after = keysOf(file);
        const changed = after.filter(({ sealed }, index) => sealed !== before[index]?.sealed).length;
        const isWhole = after.length === before.length && (changed === after.length || (changed === 0 && code !== 0));
        const finished = await again(ground, opening, environment);
        Object.assign(settings, next);
        return [
          ...(isWhole ? [] : [`${String(changed)} of ${String(after.length)} key sets are sealed anew`]),
          ...finished,
          ...(await again(ground, opening)),
        ];
      },
    });
  },
};

export const starts: readonly Operation[] = [first, migrating, rekeying];
