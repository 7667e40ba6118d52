// Real causes of the responses of a server: tokens for each reason of a refusal, an unreadable database, a broken signer.
import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import type { RefusalKind } from '../../src/engine/outcome.ts';
import { claimsOf } from './tokens.ts';
import type { TestServer, TestServerOptions } from './server.ts';
import { call } from './wire.ts';

/** In seconds, of the contract of the tokens. */
export interface Periods {
  readonly sessionLifetime: number;
  readonly gracePeriod: number;
}

/** Returns a function for each refusal, which resolves with a token to present. Some move the server's clock. */
export function refusedTokens(
  server: TestServer,
  contract: string,
  { sessionLifetime, gracePeriod }: Periods,
): Readonly<Record<RefusalKind, () => Promise<string>>> {
  const { store } = server.refract;
  return {
    invalid_token: () => Promise.resolve('not.a.token'),
    unprocessable_token: async () => {
      const { sid: _left, ...claims } = claimsOf(await server.issue(contract));
      return server.sign(contract, claims);
    },
    unknown_session: async () => {
      const claims = claimsOf(await server.issue(contract));
      return server.sign(contract, { ...claims, sid: '00000000-0000-4000-8000-000000000000' });
    },
    revoked_session: async () => {
      const token = await server.issue(contract);
      await store.revoke(String(claimsOf(token)['sid']), 'requested');
      return token;
    },
    expired_session: async () => {
      const claims = claimsOf(await server.issue(contract));
      server.clock.now += sessionLifetime;
      return server.sign(contract, { ...claims, exp: server.clock.now + 1 });
    },
    // Only single-use sessions detect reuse; other policies grant this token.
    reused_token: async () => {
      const token = await server.issue(contract);
      const { status, body } = await call(server.origin, server.refract.callOf(contract, token));
      if (status !== 200) throw new Error(`${contract} did not refresh: ${String(status)} ${body}`);
      server.clock.now += gracePeriod;
      return token;
    },
    missing_subject: async () => {
      const subject = randomUUID();
      const token = await server.issue(contract, subject);
      await store.deleteSubject(subject);
      return token;
    },
    disabled_subject: async () => {
      const subject = randomUUID();
      const token = await server.issue(contract, subject);
      await store.disableSubject(subject);
      return token;
    },
    stale_subject: async () => {
      const subject = randomUUID();
      const token = await server.issue(contract, subject);
      await store.changeCredentials(subject);
      return token;
    },
  };
}

/** A signer that can be broken and repaired. */
export interface BreakableSigner {
  isBroken: boolean;
  readonly wrapSigner: NonNullable<TestServerOptions['wrapSigner']>;
}

/** @param sign replaces `sign` while the signer is broken */
export function breakableSigner(sign: () => Promise<string>): BreakableSigner {
  const breakable: BreakableSigner = {
    isBroken: false,
    wrapSigner: (signer) => ({
      ...signer,
      sign: (...input) => (breakable.isBroken ? sign() : signer.sign(...input)),
    }),
  };
  return breakable;
}

/** Overwrites the pages of a database while others have it open. */
export function spoil(file: string): void {
  const other = new Database(file);
  other.pragma('wal_checkpoint(TRUNCATE)');
  const pageSize = Number(other.pragma('page_size', { simple: true }));
  const pages = Number(other.pragma('page_count', { simple: true }));
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(pageSize * (pages - 1), 0xa5), 0, undefined, pageSize);
  closeSync(descriptor);
  // A commit by another connection makes all connections read their pages again.
  other.pragma(`user_version = ${String(other.pragma('user_version', { simple: true }))}`);
  other.close();
}

/** Overwrites the first page of the table of sessions; header and schema stay. */
export function damage(file: string): void {
  const connection = new Database(file);
  const size = Number(connection.pragma('page_size', { simple: true }));
  const page = Number(connection.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'session'").pluck().get());
  connection.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xff, (page - 1) * size, page * size));
}
