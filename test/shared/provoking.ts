// Real causes for what a server can answer: tokens that are refused for each reason there is, a database that cannot be
// read, a signer that breaks.
import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { RefusalKind } from '../../src/engine/outcome.ts';
import { claimsOf } from './tokens.ts';
import type { TestServer, TestServerOptions } from './server.ts';
import { call } from './wire.ts';

/** Seconds, of the contract whose tokens are to be refused. */
export interface Periods {
  readonly sessionLifetime: number;
  readonly gracePeriod: number;
}

/** Ways to meet each refusal; what one returns is to be presented. Those that need time move the server's clock. */
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
    // Only a single-use session has reuse; one of another policy grants this token.
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

/** A signer that can be broken, and mended. */
export interface BreakableSigner {
  isBroken: boolean;
  readonly wrapSigner: NonNullable<TestServerOptions['wrapSigner']>;
}

/** @param sign how it signs while it is broken */
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

/** Overwrites the database's pages with noise, under the feet of whoever has it open. */
export function spoil(file: string): void {
  const other = new Database(file);
  other.pragma('wal_checkpoint(TRUNCATE)');
  const pageSize = Number(other.pragma('page_size', { simple: true }));
  const pages = Number(other.pragma('page_count', { simple: true }));
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(pageSize * (pages - 1), 0xa5), 0, undefined, pageSize);
  closeSync(descriptor);
  // A commit elsewhere makes every connection read its pages anew.
  other.pragma(`user_version = ${String(other.pragma('user_version', { simple: true }))}`);
  other.close();
}
