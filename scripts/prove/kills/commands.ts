// Commands that run beside a server and can be killed at any step, with the checks after each run.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGranted } from '../../../test/shared/refreshing.ts';
import type { Issued } from '../../../test/shared/server-process.ts';
import { pause } from '../chains.ts';
import {
  addEnded,
  checkAgain,
  checkIntegrity,
  countIn,
  ended,
  keySetsIn,
  originalSessions,
  type Fixture,
} from './fixture.ts';

export interface Operation {
  readonly name: string;
  /** Prepares a run. @param time counted over all operations */
  readonly begin: (fixture: Fixture, time: number) => Promise<PreparedRun> | PreparedRun;
}

export interface PreparedRun {
  readonly args: readonly string[];
  /** The fixture's settings unless given. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Expects that the operation is complete or undone. @param code `null` where it was killed */
  readonly check: (code: number | null, fixture: Fixture) => Promise<void> | void;
}

/** Rows of one commit when a command imports. */
export const rowsOfCommit = 100;

const importing: Operation = {
  name: 'import',
  begin: (fixture, time) => {
    const name = `imported ${time}`;
    const original = originalSessions(name, 125);
    const args = ['import', join(fixture.folder, 'rows.ndjson')];
    writeFileSync(args[1] ?? '', original.lines);
    return {
      args,
      check: async (code, scoped) => {
        const rows = countImported(fixture.file, name);
        const isWhole = rows === 250 || (code !== 0 && rows % rowsOfCommit === 0);
        scoped.expect(isWhole, `${rows} rows are stored, which are not complete commits`);
        checkTokens(scoped);
        if (code !== 0) await checkAgain(scoped, args);
        await checkGranted(scoped, original.tokens.slice(-2));
      },
    };
  },
};

export function countImported(file: string, name: string): number {
  const subjects = countIn(file, `subject WHERE id LIKE '${name}-%'`);
  return subjects + countIn(file, `session WHERE subject_id LIKE '${name}-%'`);
}

/** Expects a token for each imported session and the reverse: without its token no client continues the session. */
export function checkTokens({ file, expect }: Fixture): void {
  const imported = 'SELECT session_id FROM imported_token';
  const sessions = countIn(file, `session WHERE subject_id LIKE 'imported %' AND id NOT IN (${imported})`);
  const tokens = countIn(file, 'imported_token WHERE session_id NOT IN (SELECT id FROM session)');
  expect(sessions + tokens === 0, `${sessions} sessions without tokens, ${tokens} tokens without sessions`);
}

export async function checkGranted({ chains, server, expect }: Fixture, tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    const response = await chains.send(server().origin, 'xerial', token);
    const isRight = response !== undefined && isGranted('xerial', response);
    expect(isRight, `an imported token got the response ${String(response?.status)}`);
  }
}

const purging: Operation = {
  name: 'purge',
  begin: ({ file }) => {
    addEnded(file, 250);
    const before = countIn(file, ended);
    const active = countIn(file, 'session') - before;
    return {
      args: ['purge', '--batch', '50'],
      check: (code, scoped) => {
        const after = countIn(file, ended);
        const isWhole = after === 0 || (code !== 0 && (before - after) % 50 === 0);
        scoped.expect(isWhole, `${after} of ${before} are left`);
        scoped.expect(countIn(file, 'session') - after === active, 'active sessions are missing');
        checkTokens(scoped);
      },
    };
  },
};

const backingUp: Operation = {
  name: 'backup',
  begin: (fixture, time) => {
    const backup = join(fixture.folder, `backup ${time}.db`);
    const sessions = countIn(fixture.file, 'session');
    return {
      args: ['backup', backup],
      check: async (code, scoped) => {
        const size = statSync(backup, { throwIfNoEntry: false })?.size ?? 0;
        if (size === 0) return scoped.expect(code !== 0, 'the backup was reported as complete and is missing');
        if (!checkIntegrity(scoped, backup)) return;
        scoped.expect(countIn(backup, 'session') === sessions, 'sessions are missing in the backup');
        await checkAgain(scoped, ['restore', backup, '--db', join(fixture.folder, `restored ${time}.db`)]);
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
      check: (code, { expect }) => {
        const after = keySetsIn(file, 'fib');
        const actives = after.filter(({ state }) => state === 'active').map(({ id }) => id);
        const isRotated = !before.some(({ id, state }) => state === 'active' && id === actives[0]);
        expect(actives.length === 1, `fib has ${actives.length} active key sets`);
        expect(
          before.every(({ id }) => after.some((one) => one.id === id)),
          'a key set is missing',
        );
        expect(code !== 0 || isRotated, 'the rotation was reported as complete and is not');
      },
    };
  },
};

const compromising: Operation = {
  name: 'keys compromise',
  begin: async (fixture, time) => {
    const leak = await beginLeak(fixture, `leaked ${time}`);
    return { args: ['keys', 'compromise', 'orillion'], check: (code, scoped) => leak.check(code === 0, scoped) };
  },
};

/** Issues sessions of orillion, whose keys will be reported as compromised. */
export async function beginLeak(fixture: Fixture, name: string) {
  const { file, chains, server, compromised } = fixture;
  const issued = await Promise.all([0, 1, 2].map((index) => issueSoon(fixture, `${name} ${index}`)));
  const before = keySetsIn(file, 'orillion');
  return {
    check: async (isReported: boolean, { expect }: Fixture): Promise<void> => {
      const after = keySetsIn(file, 'orillion');
      const ids = issued.map(({ sessionId }) => `'${sessionId}'`).join();
      const revoked = countIn(file, `session WHERE id IN (${ids}) AND revoked_reason = 'compromised_keys'`);
      const isReplaced = !before.some(({ id }) => after.some((one) => one.id === id));
      const isWhole = isReplaced
        ? revoked === 3 && after.length === 1
        : revoked === 0 && after.length === before.length;
      const responses = await Promise.all(issued.map(({ token }) => chains.send(server().origin, 'orillion', token)));
      if (isReplaced) compromised.push(...issued.map(({ token }) => token));
      const [wanted, state] = isReplaced ? [401, 'revoked'] : [200, 'active'];
      expect(isWhole, `the key sets are ${isReplaced ? '' : 'not '}replaced, and ${revoked} of 3 sessions revoked`);
      expect(!isReported || isReplaced, 'the compromise was reported as complete and is not');
      for (const response of responses) {
        const isRight = response?.status === wanted;
        expect(isRight, `a token of a ${state} session got the response ${String(response?.status)}`);
      }
    },
  };
}

/** A server loads keys that a command changed within about a second, and responds with 503 until then. */
async function issueSoon({ server }: Fixture, subjectId: string): Promise<Issued> {
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
