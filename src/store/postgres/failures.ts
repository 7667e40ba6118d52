// Which of PostgreSQL's errors mean "not now", which of those are worth another try, and when nothing can have happened.
// Codes are those of postgresql.org/docs/current/errcodes-appendix.html.
import pg from 'pg';
import { isRefractError } from '../../errors.ts';

/** What keeps PostgreSQL from answering. */
export interface Trouble {
  readonly sentence: string;
  /** The statement was certainly not carried out. Otherwise nobody knows: the answer may have been lost on its way. */
  readonly isHarmless: boolean;
  /** Another connection, or the same a moment later, may fare better. */
  readonly passes: boolean;
  /** What befell this connection has probably befallen all others as well. */
  readonly isOfServer: boolean;
}

/** `undefined` for an error that says that a statement of ours is wrong. */
export function troubleOf(reason: unknown): Trouble | undefined {
  if (!(reason instanceof Error)) return undefined;
  // What could not be connected was never told anything, and nothing of ours can be wrong with it.
  if (isRefractError(reason, 'not_connected')) return { ...connecting(reason.cause), isHarmless: true };
  if (reason instanceof pg.DatabaseError) return troubleOfCode(reason.code ?? '', reason.message);
  const code = codeOf(reason);
  if (!/^E[A-Z]+$/.test(code) && !lostConnection.test(reason.message)) return undefined;
  return { sentence: reason.message || code, isHarmless: false, passes: true, isOfServer: true };
}

// The driver has no codes for its own troubles.
const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|Client was closed)/;

/** Whether nothing was found out but that there was no time left to connect. */
export function ranOutOfTime(reason: unknown): boolean {
  return (
    isRefractError(reason, 'not_connected') && reason.cause instanceof Error && ownTimeout.test(reason.cause.message)
  );
}

const ownTimeout =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout|Query read timeout)/;

function connecting(cause: unknown): Omit<Trouble, 'isHarmless'> {
  if (!(cause instanceof Error)) return { sentence: String(cause), passes: true, isOfServer: false };
  const known = cause instanceof pg.DatabaseError ? troubleOfCode(cause.code ?? '', cause.message) : undefined;
  if (known !== undefined) return { sentence: known.sentence, passes: known.passes, isOfServer: false };
  const isWithoutPassword = /client password must be a (non-empty )?string/.test(cause.message);
  const sentence = isWithoutPassword
    ? 'a password is asked for and none was given; put it into the address, PGPASSWORD or ~/.pgpass'
    : cause.message || codeOf(cause);
  const isLasting = isWithoutPassword || lastingMessage.test(cause.message) || isOfFiles(cause);
  return { sentence, passes: !isLasting && !ofCertificates.test(codeOf(cause)), isOfServer: false };
}

// Whoever waits while everything is closed waits for nothing; and the driver has no codes for what it will not do.
const lastingMessage =
  /^(Cannot use a pool|The server does not support SSL connections|SECURITY WARNING: Using sslmode=verify-ca requires)/;

// Of node:tls, and of OpenSSL for a file that holds none.
const ofCertificates =
  /^(CERT_|ERR_TLS_CERT_|ERR_OSSL_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_)/;

/** A certificate or key that cannot be read; the file of a socket may be there in a moment. */
function isOfFiles(cause: Error): boolean {
  const isRead = 'syscall' in cause && cause.syscall !== 'connect';
  return isRead && ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'].includes(codeOf(cause));
}

function codeOf(reason: Error): string {
  return 'code' in reason && typeof reason.code === 'string' ? reason.code : '';
}

function troubleOfCode(code: string, message: string): Trouble | undefined {
  const sentence = `${message} (${code})`;
  const is = (prefixes: readonly string[]): boolean => prefixes.some((prefix) => code.startsWith(prefix));
  if (is(unknownOutcome)) return { sentence, isHarmless: false, passes: true, isOfServer: true };
  if (is(otherServer)) return { sentence, isHarmless: true, passes: true, isOfServer: true };
  if (is(passing)) return { sentence, isHarmless: true, passes: true, isOfServer: false };
  if (is(lasting)) return { sentence, isHarmless: true, passes: false, isOfServer: false };
  return undefined;
}

// A backend that is ended while it waits for a standby has committed already.
const unknownOutcome = ['08', '40003', '57P01', '57P02', '57P05'];
const otherServer = [
  '25006', // read-only: a standby, or one that is about to become one
  '57P03', // starting up or shutting down
];
const passing = [
  '40', // serialization failure, deadlock
  '53300', // too many connections
  '55P03', // lock not available
  '0A000', // a prepared statement whose table was changed since
  '26000', // a prepared statement that a pooler in between has lost
  '42P05', // or has given to another
];
const lasting = [
  '53', // disk full, out of memory
  '57', // cancelled for taking too long: it would again; the database was dropped
  '58', // the system under it
  'XX', // damaged data
  '28', // not let in
  '3D000', // no such database
  '42P01', // no such table: copied to another database, or taken away
  '3F000',
  '42501', // not permitted
  '55000',
  '25P03', // ended while idle in a transaction
  '25P04', // or for the length of it
];
