// Commands beside a server, each to be killed at any of its steps; and what must hold afterwards.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGranted } from '../../../test/shared/refreshing.ts';
import { pause } from '../chains.ts';
import type { Issued } from '../serving.ts';
import { addEnded, again, countIn, damageIn, ended, keySetsIn, leftBehind, type Ground } from './ground.ts';

export interface Operation {
  readonly name: string;
  /** Puts in place what the command needs, anew each time. @param time counted over all operations */
  readonly begin: (ground: Ground, time: number) => Promise<Begun> | Begun;
}

export interface Begun {
  readonly args: readonly string[];
  /** The ground's settings where left out. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A sentence for everything that happened neither wholly nor not at all. @param code `null` where it was killed */
  readonly judge: (code: number | null) => Promise<readonly string[]> | readonly string[];
}

/** Rows that an import commits together. */
export const rowsTogether = 100;

/** The sentences whose condition does not hold. */
export function unless(...checks: readonly (readonly [holds: boolean, sentence: string])[]): readonly string[] {
  return checks.flatMap(([holds, sentence]) => (holds ? [] : [sentence]));
}

const importing: Operation = {
  name: 'import',
  begin: (ground, time) => {
    const name = `imported ${time}`;
    const left = leftBehind(name, 125);
    const args = ['import', join(ground.folder, 'rows.ndjson')];
    writeFileSync(args[1] ?? '', left.lines);
    return {
      args,
      judge: async (code) => {
        const rows = importedRows(ground.file, name);
        const isWhole = rows === 250 || (code !== 0 && rows % rowsTogether === 0);
        return [
          ...unless([isWhole, `${rows} rows are there, which is no number of whole commits`]),
          ...tokenless(ground.file),
          ...(code === 0 ? [] : await again(ground, args)),
          ...(await granted(ground, left.tokens.slice(-2))),
        ];
      },
    };
  },
};

export function importedRows(file: string, name: string): number {
  const subjects = countIn(file, `subject WHERE id LIKE '${name}-%'`);
  return subjects + countIn(file, `session WHERE subject_id LIKE '${name}-%'`);
}

/** No client continues an imported session without its token; a token without its session is litter. */
export function tokenless(file: string): readonly string[] {
  const imported = 'SELECT session_id FROM imported_token';
  const sessions = countIn(file, `session WHERE subject_id LIKE 'imported %' AND id NOT IN (${imported})`);
  const tokens = countIn(file, 'imported_token WHERE session_id NOT IN (SELECT id FROM session)');
  return unless([sessions + tokens === 0, `${sessions} sessions without tokens, ${tokens} without sessions`]);
}

export async function granted({ chains, server }: Ground, tokens: readonly string[]): Promise<readonly string[]> {
  const answers = await Promise.all(tokens.map((token) => chains.send(server().origin, 'xerial', token)));
  return answers.flatMap((answer) => {
    const isRight = answer !== undefined && isGranted('xerial', answer);
    return unless([isRight, `an imported token was answered with ${String(answer?.status)}`]);
  });
}

const purging: Operation = {
  name: 'purge',
  begin: ({ file }) => {
    addEnded(file, 250);
    const before = countIn(file, ended);
    const active = countIn(file, 'session') - before;
    return {
      args: ['purge', '--batch', '50'],
      judge: (code) => {
        const after = countIn(file, ended);
        const isWhole = after === 0 || (code !== 0 && (before - after) % 50 === 0);
        return [
          ...unless([isWhole, `${after} of ${before} are left`]),
          ...unless([countIn(file, 'session') - after === active, 'sessions are gone that have not ended']),
          ...tokenless(file),
        ];
      },
    };
  },
};

const backingUp: Operation = {
  name: 'backup',
  begin: (ground, time) => {
    const backup = join(ground.folder, `backup ${time}.db`);
    const sessions = countIn(ground.file, 'session');
    return {
      args: ['backup', backup],
      judge: async (code) => {
        const size = statSync(backup, { throwIfNoEntry: false })?.size ?? 0;
        if (size === 0) return unless([code !== 0, 'the backup was reported as done, and is not there']);
        const broken = damageIn(backup);
        if (broken.length > 0) return broken;
        return [
          ...unless([countIn(backup, 'session') === sessions, 'sessions are missing in the backup']),
          ...(await again(ground, ['restore', backup, '--db', join(ground.folder, `restored ${time}.db`)])),
        ];
      },
    };
  },
};

const rotating: Operation = {
  name: 'keys rotate',
  begin: ({ file }) => {
    const before = keySetsIn(file, 'fib');
    return {
      args: ['keys', 'rotate', 'fib', '--at-once'],
      judge: (code) => {
        const after = keySetsIn(file, 'fib');
        const actives = after.filter(({ state }) => state === 'active').map(({ id }) => id);
        const isRotated = !before.some(({ id, state }) => state === 'active' && id === actives[0]);
        return unless(
          [actives.length === 1, `fib has ${actives.length} active key sets`],
          [before.every(({ id }) => after.some((one) => one.id === id)), 'a key set is gone'],
          [code !== 0 || isRotated, 'the rotation was reported as done, and was not'],
        );
      },
    };
  },
};

const compromising: Operation = {
  name: 'keys compromise',
  begin: async (ground, time) => {
    const leak = await beginLeak(ground, `leaked ${time}`);
    return { args: ['keys', 'compromise', 'orillion'], judge: (code) => leak.judge(code === 0) };
  },
};

/** Issues sessions of orillion, whose keys are about to be reported as compromised. */
export async function beginLeak(ground: Ground, name: string) {
  const { file, chains, server, compromised } = ground;
  const issued = await Promise.all([0, 1, 2].map((index) => issueSoon(ground, `${name} ${index}`)));
  const before = keySetsIn(file, 'orillion');
  return {
    judge: async (isReported: boolean): Promise<readonly string[]> => {
      const after = keySetsIn(file, 'orillion');
      const ids = issued.map(({ sessionId }) => `'${sessionId}'`).join();
      const revoked = countIn(file, `session WHERE id IN (${ids}) AND revoked_reason = 'compromised_keys'`);
      const isReplaced = !before.some(({ id }) => after.some((one) => one.id === id));
      const isWhole = isReplaced
        ? revoked === 3 && after.length === 1
        : revoked === 0 && after.length === before.length;
      const answers = await Promise.all(issued.map(({ token }) => chains.send(server().origin, 'orillion', token)));
      if (isReplaced) compromised.push(...issued.map(({ token }) => token));
      const [wanted, state] = isReplaced ? [401, 'revoked'] : [200, 'active'];
      return unless(
        [isWhole, `the key sets are ${isReplaced ? '' : 'not '}replaced, and ${revoked} of 3 sessions revoked`],
        [!isReported || isReplaced, 'the compromise was reported as done, and was not'],
        ...answers.map((answer): [boolean, string] => [
          answer?.status === wanted,
          `a token of a session that is ${state} was answered with ${String(answer?.status)}`,
        ]),
      );
    },
  };
}

/** A server follows a command's change of its keys within a second or so, and answers 503 until then. */
async function issueSoon({ server }: Ground, subjectId: string): Promise<Issued> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await server().issue('orillion', subjectId);
    } catch (reason) {
      if (attempts === 20) throw reason;
      await pause(200);
    }
  }
}

export const commands: readonly Operation[] = [importing, purging, backingUp, rotating, compromising];
