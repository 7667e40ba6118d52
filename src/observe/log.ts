// Writes events as JSON lines to standard error. Events never hold a token, so nothing is redacted; a caller's own request
// id is a JSON string.
import { pino } from 'pino';

/** An event of the engine, http or admin. */
export interface LoggedEvent {
  readonly type: keyof typeof levels;
}

const levels = {
  issued: 'debug',
  refreshed: 'debug',
  refused: 'info',
  reused: 'warn',
  store_behind: 'warn',
  unavailable: 'error',
  answered: 'debug',
  unread: 'info',
  violation: 'info',
  noCredential: 'info',
  throttled: 'warn',
  session_throttled: 'warn',
  fault: 'error',
  purged: 'info',
  purge_failed: 'warn',
  import_finished: 'info',
  import_broken_off: 'warn',
  contract_unserved: 'error',
} as const;

/** The target of log lines; pino writes to a file descriptor directly, which is faster. */
export interface LogOutput {
  readonly fd?: number;
  readonly write: (text: string) => unknown;
}

/** Creates a log. @param level the least severe level that is written; `silent` writes nothing */
export function createLog(level: string, output: LogOutput = process.stderr): (event: LoggedEvent) => void {
  const destination = output.fd === undefined ? output : pino.destination(output.fd);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (event) => {
    logger[levels[event.type]](event);
  };
}
