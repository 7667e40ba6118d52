// Which errors of PostgreSQL mean that it is unavailable, which of those are worth a retry, and after which of them the
// statement had no effect. Codes are those of postgresql.org/docs/current/errcodes-appendix.html.
import pg from 'pg';
import { isRefractError } from '../../errors.ts';

/** A failure of the database, not of a statement. */
export interface Failure {
  readonly message: string;
  /** The statement was certainly not carried out. Otherwise it is unknown: the response may have been lost. */
  readonly isWithoutEffect: boolean;
  /** A retry may succeed. */
  readonly isTransient: boolean;
  /** Probably all other connections are broken as well. */
  readonly isServerWide: boolean;
}

/** Returns `undefined` if a statement of ours is wrong. */
export function classifyFailure(reason: unknown): Failure | undefined {
  if (!(reason instanceof Error)) return undefined;
  // Without a connection no statement was sent.
  if (isRefractError(reason, 'not_connected')) {
    return { ...classifyConnectFailure(reason.cause), isWithoutEffect: true, isServerWide: false };
  }
  if (reason instanceof pg.DatabaseError) return classifyCode(reason.code ?? '', reason.message);
  const code = codeOf(reason);
  if (!/^E[A-Z]+$/.test(code) && !connectionLost.test(reason.message)) return undefined;
  return { message: reason.message || code, isWithoutEffect: false, isTransient: true, isServerWide: true };
}

// The driver has no codes for its own errors.
const connectionLost =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|Client was closed)/;

/** Whether the only failure is that no time was left to connect. */
export function isConnectTimeout(reason: unknown): boolean {
  return (
    isRefractError(reason, 'not_connected') &&
    reason.cause instanceof Error &&
    connectTimeout.test(reason.cause.message)
  );
}

const connectTimeout =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout|Query read timeout)/;

function classifyConnectFailure(cause: unknown): Pick<Failure, 'message' | 'isTransient'> {
  if (!(cause instanceof Error)) return { message: String(cause), isTransient: true };
  const known = cause instanceof pg.DatabaseError ? classifyCode(cause.code ?? '', cause.message) : undefined;
  if (known !== undefined) return known;
  if (/client password must be a (non-empty )?string/.test(cause.message)) {
    const message = 'the server requires a password; put it into the address, PGPASSWORD or ~/.pgpass';
    return { message, isTransient: false };
  }
  const isLasting =
    lastingMessage.test(cause.message) || isUnreadableFile(cause) || certificateCode.test(codeOf(cause));
  return { message: cause.message || codeOf(cause), isTransient: !isLasting };
}

// The pool is closed, or the driver refuses; it has no codes for either.
const lastingMessage =
  /^(Cannot use a pool|The server does not support SSL connections|SECURITY WARNING: Using sslmode=verify-ca requires)/;

// Of node:tls, and of OpenSSL for a file without a certificate.
const certificateCode =
  /^(CERT_|ERR_TLS_CERT_|ERR_OSSL_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_)/;

/** A certificate or key that cannot be read. The missing file of a socket is no such: a server that starts creates it. */
function isUnreadableFile(cause: Error): boolean {
  const isRead = 'syscall' in cause && cause.syscall !== 'connect';
  return isRead && ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'].includes(codeOf(cause));
}

function codeOf(reason: Error): string {
  return 'code' in reason && typeof reason.code === 'string' ? reason.code : '';
}

function classifyCode(code: string, text: string): Failure | undefined {
  const message = `${text} (${code})`;
  const matches = (prefixes: readonly string[]): boolean => prefixes.some((prefix) => code.startsWith(prefix));
  if (matches(unknownOutcome)) return { message, isWithoutEffect: false, isTransient: true, isServerWide: true };
  if (matches(otherServer)) return { message, isWithoutEffect: true, isTransient: true, isServerWide: true };
  if (matches(transient)) return { message, isWithoutEffect: true, isTransient: true, isServerWide: false };
  if (matches(lasting)) return { message, isWithoutEffect: true, isTransient: false, isServerWide: false };
  return undefined;
}

// A backend that is ended while it waits for a standby has committed already.
const unknownOutcome = ['08', '40003', '57P01', '57P02', '57P05'];
const otherServer = [
  '25006', // read-only: a standby, or a server that is becoming one
  '57P03', // starting up or shutting down
];
const transient = [
  '40', // serialization failure, deadlock
  '53300', // too many connections
  '55P03', // lock not available
  '0A000', // a prepared statement whose table has changed
  '26000', // a prepared statement that a pooler has lost
  '42P05', // a prepared statement that a pooler has given to another client
];
const lasting = [
  '53', // disk full, out of memory
  '57', // cancelled after its timeout, which a retry would meet again; database dropped
  '58', // system error
  'XX', // damaged data
  '28', // wrong role or password
  '3D000', // no such database
  '42P01', // no such table: copied to another database, or removed
  '3F000', // no such schema
  '42501', // permission denied
  '55000', // object not in the required state
  '25P03', // idle in a transaction for too long
  '25P04', // transaction too long
];
