// What commands do beside a server, each to be killed at any of its steps; and what must be so whichever that was.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGranted } from '../../../test/shared/refreshing.ts';
import { pause } from '../chains.ts';
import type { ServerProcess } from '../serving.ts';
import { addEnded, countIn, damageIn, leftBehind, linesOf, within, type Ground } from './ground.ts';
import { run, type Ran, type Running } from './killed.ts';

export interface Operation {
  readonly name: string;
  /** Puts in place what it needs, anew for every time. @param time counted over all of them */
  readonly begin: (ground: Ground, time: number) => Promise<Begun>;
}

export interface Begun {
  readonly running: Pick<Running, 'args' | 'environment'>;
  /** A sentence for whatever happened neither wholly nor not at all. */
  readonly judge: (ran: Ran) => Promise<readonly string[]>;
}

/** Runs it to its end. @returns a sentence where it cannot be done */
export async function again(ground: Ground, args: readonly string[], environment = ground.settings): Promise<string[]> {
  const { code, complaints } = await run({ ...ground, args, environment, under: 'nobody' });
  return code === 0 ? [] : [`${args.slice(0, 2).join(' ')} ended with ${String(code)} afterwards: ${complaints}`];
}

/** As the importer commits them. */
const rowsTogether = 100;

const importing: Operation = {
  name: 'import',
  begin: (ground, time) => {
    const name = `imported ${String(time)}`;
    const left = leftBehind(name, 125);
    const lines = join(ground.folder, 'rows.ndjson');
    writeFileSync(lines, linesOf(left));
    const args = ['import', lines];
    return Promise.resolve({
      running: { args, environment: ground.settings },
      judge: async ({ code }) => {
        const rows = importedRows(ground.file, name);
        const isWhole = code === 0 ? rows === 250 : rows === 250 || rows % rowsTogether === 0;
        const half = isWhole ? [] : [`${String(rows)} rows are there, which is no number of whole commits`];
        const begun = code === 0 ? [] : await again(ground, args);
        return [...half, ...tokenless(ground.file), ...begun, ...(await granted(ground, left.slice(-2)))];
      },
    });
  },
};

export function importedRows(file: string, name: string): number {
  return (
    countIn(file, `subject WHERE id LIKE '${name}-%'`) + countIn(file, `session WHERE subject_id LIKE '${name}-%'`)
  );
}

/** An imported session without its token is one that nobody can go on with; a token without its session is litter. */
export function tokenless(file: string): readonly string[] {
  const sessions = countIn(
    file,
    "session WHERE subject_id LIKE 'imported %' AND id NOT IN (SELECT session_id FROM imported_token)",
  );
  const tokens = countIn(file, 'imported_token WHERE session_id NOT IN (SELECT id FROM session)');
  return sessions + tokens === 0
    ? []
    : [`${String(sessions)} sessions without tokens, ${String(tokens)} without sessions`];
}

export async function granted(
  { chains, server }: Ground,
  left: readonly { token: string }[],
): Promise<readonly string[]> {
  const answers = await Promise.all(left.map(({ token }) => chains.send(server().origin, 'xerial', token)));
  return answers.flatMap((answer) =>
    answer !== undefined && isGranted('xerial', { ...answer, headers: {} })
      ? []
      : [`an imported token was answered with ${String(answer?.status)}`],
  );
}

const purging: Operation = {
  name: 'purge',
  begin: ({ file, settings }) => {
    addEnded(file, 250);
    const before = countIn(file, ended);
    const living = countIn(file, 'session') - before;
    return Promise.resolve({
      running: { args: ['purge', '--batch', '50'], environment: settings },
      judge: ({ code }) => {
        const after = countIn(file, ended);
        const isWhole = after === 0 || (code !== 0 && (before - after) % 50 === 0);
        return Promise.resolve([
          ...(isWhole ? [] : [`${String(after)} of ${String(before)} are left`]),
          ...(countIn(file, 'session') - after === living ? [] : ['sessions are gone that have not ended']),
          ...tokenless(file),
        ]);
      },
    });
  },
};

export const ended = "session WHERE id LIKE 'ended %'";

const backingUp: Operation = {
  name: 'backup',
  begin: (ground, time) => {
    const backup = join(ground.folder, `backup ${String(time)}.db`);
    const restored = join(ground.folder, `restored ${String(time)}.db`);
    const sessions = countIn(ground.file, 'session');
    return Promise.resolve({
      running: { args: ['backup', backup], environment: ground.settings },
      judge: async ({ code }) => {
        const size = statSync(backup, { throwIfNoEntry: false })?.size;
        if (size === undefined || size === 0) return code === 0 ? ['it was said to be done, and is not there'] : [];
        const broken = damageIn(backup);
        if (broken.length > 0) return broken;
        const found = countIn(backup, 'session') === sessions ? [] : ['sessions are missing in the backup'];
        return [...found, ...(await again(ground, ['restore', backup, '--db', restored]))];
      },
    });
  },
};

const rotating: Operation = {
  name: 'keys rotate',
  begin: ({ file, settings }) => {
    const before = keysOf(file, 'fib');
    return Promise.resolve({
      running: { args: ['keys', 'rotate', 'fib', '--at-once'], environment: settings },
      judge: ({ code }) => {
        const after = keysOf(file, 'fib');
        const actives = after.filter(({ state }) => state === 'active').map(({ id }) => id);
        const isRotated = !before.some(({ id, state }) => state === 'active' && id === actives[0]);
        return Promise.resolve([
          ...(actives.length === 1 ? [] : [`fib has ${String(actives.length)} active key sets`]),
          ...(before.every(({ id }) => after.some((one) => one.id === id)) ? [] : ['a key set is gone']),
          ...(code === 0 && !isRotated ? ['it was said to be done, and was not'] : []),
        ]);
      },
    });
  },
};

const compromising: Operation = {
  name: 'keys compromise',
  begin: async (ground, time) => {
    const leak = await beginLeak(ground, `leaked ${String(time)}`);
    return {
      running: { args: ['keys', 'compromise', 'orillion'], environment: ground.settings },
      judge: async ({ code }) => leak.judge(code === 0),
    };
  },
};

/** Sessions of orillion whose keys are about to be given up. */
export async function beginLeak(ground: Ground, name: string) {
  const { file, chains, server, over } = ground;
  const issued = await Promise.all([0, 1, 2].map((index) => issuedSoon(server(), `${name} ${String(index)}`)));
  const before = keysOf(file, 'orillion');
  return {
    /** @param isSaid whether it was said to be done */
    judge: async (isSaid: boolean): Promise<readonly string[]> => {
      const after = keysOf(file, 'orillion');
      const ids = issued.map(({ sessionId }) => `'${sessionId}'`).join();
      const revoked = countIn(file, `session WHERE id IN (${ids}) AND revoked_reason = 'compromised_keys'`);
      const isReplaced = !before.some(({ id }) => after.some((one) => one.id === id));
      const isWhole = isReplaced
        ? revoked === 3 && after.length === 1
        : revoked === 0 && after.length === before.length;
      const statuses = await Promise.all(
        issued.map(async ({ token }) => (await chains.send(server().origin, 'orillion', token))?.status),
      );
      const wanted = isReplaced ? 401 : 200;
      if (isReplaced) over.push(...issued.map(({ token }) => token));
      return [
        ...(isWhole
          ? []
          : [`the key sets are ${isReplaced ? '' : 'not '}replaced, and ${String(revoked)} of 3 sessions revoked`]),
        ...(isSaid && !isReplaced ? ['it was said to be done, and was not'] : []),
        ...statuses.flatMap((status) =>
          status === wanted
            ? []
            : [`a token of a session that is ${isReplaced ? 'over' : 'alive'} was answered with ${String(status)}`],
        ),
      ];
    },
  };
}

/** A server follows what a command has done to its keys within a second or so, and says 503 until then. */
async function issuedSoon({ issue }: ServerProcess, subjectId: string): ReturnType<ServerProcess['issue']> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await issue('orillion', subjectId);
    } catch (reason) {
      if (attempts === 20) throw reason;
      await pause(200);
    }
  }
}

interface KeySet {
  readonly id: string;
  readonly state: string;
  readonly sealed: string;
}

/** Of a contract, or of all. */
export function keysOf(file: string, contract = '%'): readonly KeySet[] {
  return within(file, (database) =>
    database
      .prepare<[string], KeySet>('SELECT id, state, sealed FROM key_set WHERE contract LIKE ? ORDER BY id')
      .all(contract),
  );
}

export const commands: readonly Operation[] = [importing, purging, backingUp, rotating, compromising];
