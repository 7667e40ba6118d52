// What an original server leaves behind: rows with tokens that it signed; and what becomes of them here.
import { createHmac } from 'node:crypto';
import { Agent, request as send, type ClientRequest } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { at } from './at.ts';
import { connectTo } from './database.ts';
import { adminToken, startServer, type TestServer, type TestServerOptions } from './server.ts';
import { segment } from './tokens.ts';
import type { components } from '../../generated/admin.ts';
import { call, json, type WireAnswer } from './wire.ts';

/** What the original server signed with. */
export const originalSecret = 'the secret that the original server signed with';

export type Row = object | string;

/** A token of the original server, and a row with one. @param now seconds since 1970 */
export function originalsAt(now: number) {
  const original = (subject: string, claims: Readonly<Record<string, unknown>> = {}, key = originalSecret): string => {
    const input = `${segment({ alg: 'HS256', typ: 'JWT' })}.${segment({ sub: subject, iat: now - 500, exp: now + 86_400, ...claims })}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };
  const sessionRow = (subjectId: string, refreshToken = original(subjectId), more: object = {}) => ({
    ...{ kind: 'session', contract: 'xerial', subjectId, refreshToken },
    ...more,
  });
  return { original, sessionRow };
}

export const subjectRow = (id: string, more: object = {}) => ({ kind: 'subject', id, ...more });

/** One row a line; texts are written as they are. */
export function linesOfRows(rows: readonly Row[]): string {
  return rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
}

/** Where the clock of a test's server stands. */
export const now = 1_700_000_000;

const many = Array.from({ length: 400 }, (_, index) => `u${String(index)}`);
const { sessionRow: sessionRowNow } = originalsAt(now);

/** 800 rows, a hundred kilobytes: far more than other bodies may have. */
export const rowsOfMany: readonly Row[] = [
  ...many.map((id) => subjectRow(id, { email: `${id}@exämple.com` })),
  ...many.map((id) => sessionRowNow(id)),
];

/** A server that has the original's key. */
export async function startWithKey(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer({ only: { contract: 'xerial' }, ...options });
  await server.refract.administration.addKeySet('xerial', { legacyRefresh: originalSecret }, { actor: 'test' });
  return server;
}

export const bearer = { authorization: `Bearer ${adminToken}` };

/** Sends rows over the admin contract. */
export function importing(admin: string, body: string | Uint8Array, headers = {}): Promise<WireAnswer> {
  const asRows = { ...bearer, 'content-type': 'application/x-ndjson' };
  return call(admin, { method: 'POST', path: '/admin/v1/imports', headers: { ...asRows, ...headers }, body });
}

type Report = components['schemas']['ImportReport'];

/** The report of an import. @param subjects added and kept @param sessions added and kept */
export function report(
  rows: number,
  subjects: readonly [number, number],
  sessions: readonly [number, number],
  problems: Report['problems'] = [],
): Report {
  return {
    ...{ rows, refused: problems.length },
    subjects: { added: subjects[0], kept: subjects[1], different: 0 },
    sessions: { added: sessions[0], kept: sessions[1], over: 0 },
    ...{ problems, moreProblems: false },
  };
}

/** Everything that an import decides, and nothing that is drawn. */
export function importedState(file: string): unknown {
  const database = connectTo(file);
  return [
    database.prepare('SELECT id, email, account, role, disabled_at IS NULL, deleted_at FROM subject ORDER BY id').all(),
    database
      .prepare(
        `SELECT hash, imported_token.contract, session.contract, policy, subject_id, generation, revoked_reason, label,
                created_at, session.expires_at, issued_at, imported_token.expires_at
           FROM imported_token JOIN session ON session.id = session_id ORDER BY hash`,
      )
      .raw()
      .all(),
    database.prepare('SELECT count(*) FROM session').pluck().get(),
  ];
}

/** An import whose sender takes its time. */
export interface Sending {
  readonly write: (bytes: string | Uint8Array) => void;
  readonly end: () => void;
  /** Goes away without a word. */
  readonly abort: () => void;
  /** Resolves once all of it has left. */
  readonly sent: Promise<unknown>;
  /** Rejects where the connection broke before. */
  readonly answer: Promise<WireAnswer>;
}

export function beginImport(adminOrigin: string): Sending {
  const url = `${adminOrigin}/admin/v1/imports`;
  const request: ClientRequest = send(url, {
    method: 'POST',
    // As most senders do it; of one that closes its connection nothing has to be read off.
    agent: new Agent({ keepAlive: true }),
    headers: { 'content-type': 'application/x-ndjson', ...bearer },
  });
  const answer = new Promise<WireAnswer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('error', reject).on('end', () => {
        const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(answered), body });
      });
    });
  });
  const sent = new Promise((resolve) => request.once('finish', resolve));
  // Whoever goes away does not ask for the answer.
  answer.catch(() => undefined);
  return {
    write: (bytes) => request.write(bytes),
    end: () => request.end(),
    abort: () => request.destroy(),
    ...{ sent, answer },
  };
}

/** For what happens beside a test, on a machine that has other things to do as well. */
export const patiently = { timeout: 10_000 };

/** What the server tells of its imports, newest first. */
export async function importsOf(adminOrigin: string): Promise<components['schemas']['Import'][]> {
  const answer = await call(adminOrigin, { method: 'GET', path: '/admin/v1/imports', headers: bearer });
  // Held against its document elsewhere.
  return at(json(answer), 'imports') as components['schemas']['Import'][];
}

/** An import that runs until the running test is over. */
export async function holdImport(adminOrigin: string): Promise<Sending> {
  const sending = beginImport(adminOrigin);
  onTestFinished(async () => {
    sending.end();
    await sending.answer;
  });
  sending.write(linesOfRows([subjectRow('held')]));
  await expect.poll(async () => (await importsOf(adminOrigin))[0], patiently).toMatchObject({ state: 'running' });
  return sending;
}
