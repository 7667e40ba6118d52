// Structured log lines on standard error. Events never hold a token, so there is nothing here to hide; what comes in
// from a caller (its request id) is written as a JSON string and nowhere else.
import { pino } from 'pino';

/** Anything that happened, of the engine or of http. */
export interface LoggedEvent {
  readonly type: keyof typeof levelOf;
}

const levelOf = {
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
} as const;

/** Where lines are written; a file descriptor is written to directly, which is faster. */
export interface LogOutput {
  readonly fd?: number;
  readonly write: (text: string) => unknown;
}

/** @param level the least severe level that is written; `silent` writes nothing */
export function createLog(level: string, output: LogOutput = process.stderr): (event: LoggedEvent) => void {
  const destination = output.fd === undefined ? output : pino.destination(output.fd);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (event) => {
    logger[levelOf[event.type]](event);
  };
}
