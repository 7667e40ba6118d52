// Which of PostgreSQL's errors mean "not now", which of those are worth another try, and when nothing can have happened.
// Codes are those of postgresql.org/docs/current/errcodes-appendix.html.
import pg from 'pg';

/** What keeps PostgreSQL from answering. */
export interface Trouble {
  readonly sentence: string;
  /** The statement was certainly not carried out. Otherwise nobody knows: the answer may have been lost on its way. */
  readonly isHarmless: boolean;
  /** Another connection, or the same a moment later, may fare better. */
  readonly passes: boolean;
}

/** `undefined` for an error that says that a statement of ours is wrong. */
export function troubleOf(reason: unknown): Trouble | undefined {
  if (!(reason instanceof Error)) return undefined;
  if (reason instanceof pg.DatabaseError) return troubleOfCode(reason.code ?? '', reason.message);
  const code = 'code' in reason && typeof reason.code === 'string' ? reason.code : '';
  const isConnecting = reason.message.startsWith('timeout exceeded when trying to connect');
  if (/^E[A-Z]+$/.test(code) || isConnecting || lostConnection.test(reason.message)) {
    // What could not be connected was never told anything.
    const isHarmless = isConnecting || notConnected.has(code);
    return { sentence: reason.message || code, isHarmless, passes: true };
  }
  return undefined;
}

// The driver has no codes for its own troubles.
const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|Client was closed|Connection ended|The server does not support SSL|Cannot use a pool after)/i;
const notConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT']);

function troubleOfCode(code: string, message: string): Trouble | undefined {
  const sentence = `${message} (${code})`;
  if (unknownOutcome.some((prefix) => code.startsWith(prefix))) return { sentence, isHarmless: false, passes: true };
  if (passing.some((prefix) => code.startsWith(prefix))) return { sentence, isHarmless: true, passes: true };
  if (lasting.some((prefix) => code.startsWith(prefix))) return { sentence, isHarmless: true, passes: false };
  return undefined;
}

// A backend that is ended while it waits for a standby has committed already.
const unknownOutcome = ['08', '40003', '57P01', '57P02', '57P05'];
const passing = [
  '40', // serialization failure, deadlock
  '53300', // too many connections
  '55P03', // lock not available
  '57P03', // starting up or shutting down
  '25006', // a standby, or one that is about to be promoted
];
const lasting = [
  '53', // disk full, out of memory
  '57014', // cancelled for taking too long: it would again
  '58', // the system under it
  'XX', // damaged data
  '28', // not let in
  '3D000', // no such database
  '42P01', // no such table: copied to another database, or taken away
  '3F000',
  '42501', // not permitted
  '55000',
  '25P', // ended while idle in a transaction
];
