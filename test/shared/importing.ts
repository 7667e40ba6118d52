// Rows of an import with tokens of another server, and checks of their effects.
import { createHmac } from 'node:crypto';
import { Agent, request as send, type ClientRequest } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { at } from './at.ts';
import { connectTo } from './database.ts';
import { adminToken, startServer, type TestServer, type TestServerOptions } from './server.ts';
import { segment } from './tokens.ts';
import type { components } from '../../generated/admin.ts';
import { call, json, type WireAnswer } from './wire.ts';

/** The secret of the original server. */
export const originalSecret = 'the secret that the original server signed with';

export type Row = object | string;

/** Creates tokens of the original server and rows with them. @param now seconds since 1970 */
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

/** Returns one line for each row; strings are not encoded. */
export function linesOfRows(rows: readonly Row[]): string {
  return rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
}

/** The time of a test server's clock. */
export const now = 1_700_000_000;

const many = Array.from({ length: 400 }, (_, index) => `u${String(index)}`);
const { sessionRow: sessionRowNow } = originalsAt(now);

/** 800 rows with 100 kB: far above the limit of other bodies. */
export const rowsOfMany: readonly Row[] = [
  ...many.map((id) => subjectRow(id, { email: `${id}@exämple.com` })),
  ...many.map((id) => sessionRowNow(id)),
];

/** Starts a server with the key of the original server. */
export async function startWithKey(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer({ only: { contract: 'xerial' }, ...options });
  await server.refract.administration.addKeySet('xerial', { legacyRefresh: originalSecret }, { actor: 'test' });
  return server;
}

export const bearer = { authorization: `Bearer ${adminToken}` };

/** Sends rows to the admin API. */
export function importing(admin: string, body: string | Uint8Array, headers = {}): Promise<WireAnswer> {
  const asRows = { ...bearer, 'content-type': 'application/x-ndjson' };
  return call(admin, { method: 'POST', path: '/admin/v1/imports', headers: { ...asRows, ...headers }, body });
}

type Report = components['schemas']['ImportReport'];

/** Returns the report of an import. @param subjects added and kept @param sessions added and kept */
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

/** Returns all values of an import that are not random. */
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

/** An import whose client sends slowly. */
export interface Sending {
  readonly write: (bytes: string | Uint8Array) => void;
  readonly end: () => void;
  /** Closes the connection. */
  readonly abort: () => void;
  /** Resolves once all is sent. */
  readonly sent: Promise<unknown>;
  /** Rejects if the connection breaks first. */
  readonly answer: Promise<WireAnswer>;
}

export function beginImport(adminOrigin: string): Sending {
  const url = `${adminOrigin}/admin/v1/imports`;
  const request: ClientRequest = send(url, {
    method: 'POST',
    // As most clients do; a client that closes its connection needs no further reads.
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
  // A client that disconnects does not read the response.
  answer.catch(() => undefined);
  return {
    write: (bytes) => request.write(bytes),
    end: () => request.end(),
    abort: () => request.destroy(),
    ...{ sent, answer },
  };
}

/** For polling on a busy machine. */
export const patiently = { timeout: 10_000 };

/** Returns the server's imports, newest first. */
export async function importsOf(adminOrigin: string): Promise<components['schemas']['Import'][]> {
  const answer = await call(adminOrigin, { method: 'GET', path: '/admin/v1/imports', headers: bearer });
  // Another test validates it against the document.
  return at(json(answer), 'imports') as components['schemas']['Import'][];
}

/** Starts an import that runs until the end of the running test. */
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
