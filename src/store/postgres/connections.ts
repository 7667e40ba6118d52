// Statements on pooled connections, and which of them are retried.
//
// A single statement is a transaction at READ COMMITTED. If it waits for a row, it judges the new version of the row, so
// a compare-and-set needs no lock that outlasts its statement.
import pg from 'pg';
import { isRefractError, RefractError } from '../../errors.ts';
import type { QueryResult } from '../sql/operation.ts';
import { toConnectionString } from './address.ts';
import { classifyFailure, isConnectTimeout } from './failures.ts';
import { createPool } from './pool.ts';

/** Each connection prepares a statement with a name once. */
export interface Statement<Row extends object = object> {
  readonly name?: string;
  readonly text: string;
  /** For the compiler alone: the type of a row. */
  readonly row?: Row;
}

export interface StatementResult<Row extends object> extends QueryResult<Row> {
  /** Whether an earlier attempt, whose response was lost, may have been carried out. */
  readonly mayBeSecond: boolean;
}

/** Runs a statement, or a text without a name. */
export type Run = <Row extends object>(
  statement: Statement<Row> | string,
  values?: readonly unknown[],
) => Promise<StatementResult<Row>>;

export type Connections = ReturnType<typeof openConnections>;

/** Milliseconds during which a statement is retried; after that the store is unavailable. */
const retryPeriodMs = 3_000;
/** Milliseconds for a response: a dead connection leaves time for another attempt. */
const attemptTimeoutMs = 1_300;
/** Milliseconds: less than an attempt, so that PostgreSQL itself ends a statement that no caller waits for. */
const statementTimeoutMs = 1_100;
const lockTimeoutMs = 1_000;
/** Milliseconds that must be left before a statement is sent: cut off sooner, it would show nothing about its server. */
const shortestAttemptMs = 1_000;
/** Milliseconds to connect or to wait for a connection: a caller that gave up its turn would only queue again. */
const connectTimeoutMs = retryPeriodMs - shortestAttemptMs;
/** Milliseconds for a statement on many rows. */
const longTimeoutMs = 120_000;
/** Milliseconds at most to wait for another transaction on many rows. */
const longLockTimeoutMs = 10_000;

interface Attempt {
  /** Set before a statement that must not be carried out twice is sent. */
  isSent: boolean;
  readonly mayBeSecond: boolean;
}

/**
 * @param acceptsStandby whether a server that accepts no writes will do
 * @throws RefractError `store` for a text that is no address of a database
 */
export function openConnections(url: string, poolSize: number, acceptsStandby = false) {
  const pool = createPool(settingsFor(url), poolSize, acceptsStandby);

  const retry = async <Output>(
    work: (client: pg.PoolClient, timeoutMs: number, attempt: Attempt) => Promise<Output>,
  ): Promise<Output> => {
    const deadline = performance.now() + retryPeriodMs;
    let mayBeSecond = false;
    let message: string | undefined;
    for (let delayMs = 20; ; delayMs *= 2) {
      const attempt = { isSent: false, mayBeSecond };
      try {
        const client = await pool.connect(deadline - shortestAttemptMs - performance.now());
        const timeoutMs = Math.min(attemptTimeoutMs, deadline - performance.now());
        return await release(client, work(client, timeoutMs, attempt));
      } catch (reason) {
        const failure = classifyFailure(reason);
        if (failure === undefined) throw reason;
        // If the last attempt found no connection in time, the failure before it says more.
        if (message === undefined || !isConnectTimeout(reason)) ({ message } = failure);
        if (failure.isServerWide) pool.distrust();
        mayBeSecond ||= !failure.isWithoutEffect;
        const waitMs = Math.min(delayMs, 400) * (0.5 + Math.random());
        const canRetry = failure.isTransient && (failure.isWithoutEffect || !attempt.isSent);
        if (!canRetry || performance.now() + waitMs >= deadline - shortestAttemptMs) {
          throw new RefractError('unavailable', `PostgreSQL: ${message}`);
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  };
  const single =
    (isRepeatable: boolean): Run =>
    (statement, values) =>
      retry((client, timeoutMs, attempt) => {
        attempt.isSent = !isRepeatable;
        return createRun(client, timeoutMs, attempt.mayBeSecond)(statement, values);
      });

  return {
    /** Retried after any failure: it has the same effect twice. @throws RefractError `unavailable` */
    repeatable: single(true),
    /** Retried only if it was certainly not carried out. @throws RefractError `unavailable` */
    once: single(false),
    /**
     * Several statements, all or none; retried only if they were certainly not committed.
     * @param timeoutMs for each of them
     * @throws RefractError `unavailable`
     */
    transaction: <T>(work: (run: Run) => Promise<T>, timeoutMs = longTimeoutMs): Promise<T> =>
      retry(async (client, firstTimeoutMs, attempt) => {
        // The first statement has little time, so that a dead server shows soon.
        await createRun(client, firstTimeoutMs)('BEGIN ISOLATION LEVEL READ COMMITTED');
        return runTransaction(createRun(client, timeoutMs), work, timeoutMs, attempt);
      }),
    pool: pool.counts,
    settings: pool.settings,
    close: pool.close,
  };
}

function settingsFor(url: string): pg.ClientConfig {
  return {
    connectionString: toConnectionString(url),
    application_name: 'refract',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: attemptTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: 10_000,
    // A connection that only waits notices that the other machine is gone; the default of the system is two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: { getTypeParser },
  };
}

/** Parses integers of 64 bits as numbers: ours are seconds, generations and counts. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) => {
  if (oid === pg.types.builtins.INT8) return Number;
  // The driver declares no more of its parsers.
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
};

async function release<Output>(client: pg.PoolClient, work: Promise<Output>): Promise<Output> {
  try {
    const output = await work;
    client.release();
    return output;
  } catch (reason) {
    // After a failure the connection may lead to a server that is no longer the right one.
    client.release(true);
    throw reason;
  }
}

/** @param timeoutMs for each statement */
function createRun(client: pg.ClientBase, timeoutMs: number, mayBeSecond = false): Run {
  return async <Row extends object>(
    statement: Statement<Row> | string,
    values: readonly unknown[] = [],
  ): Promise<StatementResult<Row>> => {
    const { name, text } = typeof statement === 'string' ? { text: statement } : statement;
    const query = { text, values: [...values], ...(name && { name }), query_timeout: timeoutMs };
    const { rows, rowCount } = await client.query<Row & pg.QueryResultRow>(query);
    return { rows, changes: rowCount ?? 0, mayBeSecond };
  };
}

/** Each statement sees what was committed while the one before it waited. */
async function runTransaction<Output>(
  run: Run,
  work: (run: Run) => Promise<Output>,
  timeoutMs: number,
  attempt: Attempt,
): Promise<Output> {
  try {
    await run("SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)", [
      String(timeoutMs),
      String(Math.min(timeoutMs, longLockTimeoutMs)),
    ]);
    const output = await work(run);
    attempt.isSent = true;
    await run('COMMIT');
    return output;
  } catch (reason) {
    if (isRefractError(reason, 'rolled_back')) await run('ROLLBACK');
    throw reason;
  }
}
