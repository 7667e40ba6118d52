// Connections to PostgreSQL: a pool, statements that each connection prepares once, and which of them are retried.
//
// A single statement is a transaction at READ COMMITTED: it sees what was committed when it began. Where it waits for a
// row, it judges the new version of the row. So a compare-and-set needs no lock that outlasts its statement.
import pg from 'pg';
import { isRefractError, RefractError } from '../../errors.ts';
import { ranOutOfTime, troubleOf } from './failures.ts';
import { connectionString } from './place.ts';
import { poolOf } from './pool.ts';

/** Each connection prepares a statement that has a name once. */
export interface Statement<Row extends object = object> {
  readonly name?: string;
  readonly text: string;
  /** For the compiler alone: the type of a row. */
  readonly row?: Row;
}

export interface Result<Row> {
  readonly rows: readonly Row[];
  /** How many rows it has changed. */
  readonly changes: number;
  /** Whether an earlier try, whose response was lost, may have been carried out. */
  readonly mayBeSecond: boolean;
}

/** Runs a statement, or a text without a name. */
export type Run = <Row extends object>(
  statement: Statement<Row> | string,
  values?: readonly unknown[],
) => Promise<Result<Row>>;

export interface Connections {
  /** Retried after any failure: it does no harm twice. @throws RefractError `unavailable` */
  readonly repeatable: Run;
  /** Retried only where it was certainly not carried out. @throws RefractError `unavailable` */
  readonly once: Run;
  /**
   * Several statements, all or none; retried only where they were certainly not committed.
   * @param milliseconds for each of them, where that is more than a single statement has
   * @throws RefractError `unavailable`
   */
  readonly transaction: <Value>(work: (run: Run) => Promise<Value>, milliseconds?: number) => Promise<Value>;
  readonly pool: () => { readonly open: number; readonly idle: number; readonly waiting: number };
  readonly settings: pg.ClientConfig;
  /** Resolves soon, whatever is in flight. */
  readonly close: () => Promise<void>;
}

/** Milliseconds during which a statement is retried; after that the store is unavailable. */
const patience = 3_000;
/** Milliseconds for a response: few enough that a dead connection leaves time for another. */
const tryTimeout = 1_300;
/** Milliseconds: less than a try, so that PostgreSQL itself ends a statement that no caller waits for. */
const statementTimeout = 1_100;
const lockTimeout = 1_000;
/** Milliseconds that must be left before a statement is sent: cut off sooner, it would say nothing about its server. */
const fewest = 1_000;
/** Milliseconds to connect or to wait for a connection: a caller that gave up its place would only come later. */
const connectTimeout = patience - fewest;
/** Milliseconds for work on many rows. */
const longTimeout = 120_000;
/** Milliseconds at most to wait for another transaction that works on many rows. */
const longLockTimeout = 10_000;

/** One try. `isTold` is set as soon as it may be carried out unseen, where twice would be once too often. */
interface Tried {
  isTold: boolean;
  readonly mayBeSecond: boolean;
}

/**
 * @param acceptsStandby whether a server that cannot be written to is accepted
 * @throws RefractError `store` for a text that is no address of a database
 */
export function connectionsTo(url: string, poolSize: number, acceptsStandby = false): Connections {
  const pool = poolOf(settingsOf(url), poolSize, acceptsStandby);

  const persistently = async <Value>(
    attempt: (client: pg.PoolClient, left: number, tried: Tried) => Promise<Value>,
  ): Promise<Value> => {
    const until = performance.now() + patience;
    let mayBeSecond = false;
    let sentence: string | undefined;
    for (let pause = 20; ; pause *= 2) {
      const tried = { isTold: false, mayBeSecond };
      try {
        const client = await pool.connect(until - fewest - performance.now());
        return await released(client, attempt(client, Math.min(tryTimeout, until - performance.now()), tried));
      } catch (reason) {
        const trouble = troubleOf(reason);
        if (trouble === undefined) throw reason;
        // Where the last try was cut short, the failure before it says more.
        if (sentence === undefined || !ranOutOfTime(reason)) ({ sentence } = trouble);
        if (trouble.isOfServer) pool.distrust();
        mayBeSecond ||= !trouble.isHarmless;
        const wait = Math.min(pause, 400) * (0.5 + Math.random());
        const isWorthIt = trouble.passes && (trouble.isHarmless || !tried.isTold);
        if (!isWorthIt || performance.now() + wait >= until - fewest) {
          throw new RefractError('unavailable', `PostgreSQL: ${sentence}`);
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  };
  const single =
    (isRepeatable: boolean): Run =>
    (statement, values) =>
      persistently((client, left, tried) => {
        tried.isTold = !isRepeatable;
        return running(client, left, tried.mayBeSecond)(statement, values);
      });

  return {
    repeatable: single(true),
    once: single(false),
    transaction: (work, milliseconds = longTimeout) =>
      persistently((client, left, tried) => inTransaction(client, work, { left, milliseconds, tried })),
    pool: pool.counts,
    settings: pool.settings,
    close: pool.close,
  };
}

function settingsOf(url: string): pg.ClientConfig {
  return {
    connectionString: connectionString(url),
    application_name: 'refract',
    connectionTimeoutMillis: connectTimeout,
    query_timeout: tryTimeout,
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: 10_000,
    // A connection that only waits notices that the other machine is gone; the default of the system is two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: { getTypeParser },
  };
}

/** Whole numbers of 64 bits come as numbers: ours are seconds, generations and counts. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) => {
  if (oid === pg.types.builtins.INT8) return Number;
  // The driver declares no more of its parsers.
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
};

async function released<Value>(client: pg.PoolClient, work: Promise<Value>): Promise<Value> {
  try {
    const value = await work;
    client.release();
    return value;
  } catch (reason) {
    // After a failure the connection may lead to a server that is no longer the right one.
    client.release(true);
    throw reason;
  }
}

/** @param timeout milliseconds for each statement */
function running(client: pg.ClientBase, timeout: number, mayBeSecond = false): Run {
  return async <Row extends object>(
    statement: Statement<Row> | string,
    values: readonly unknown[] = [],
  ): Promise<Result<Row>> => {
    const { name, text } = typeof statement === 'string' ? { text: statement } : statement;
    const query = { text, values: [...values], ...(name && { name }), query_timeout: timeout };
    const { rows, rowCount } = await client.query<Row & pg.QueryResultRow>(query);
    return { rows, changes: rowCount ?? 0, mayBeSecond };
  };
}

async function inTransaction<Value>(
  client: pg.ClientBase,
  work: (run: Run) => Promise<Value>,
  { left, milliseconds, tried }: { left: number; milliseconds: number; tried: Tried },
): Promise<Value> {
  // A dead server shows soon; only later statements may take long. Each of them must see what was committed while the
  // one before it waited, whatever the default isolation of the database is.
  await running(client, left)('BEGIN ISOLATION LEVEL READ COMMITTED');
  const run = running(client, milliseconds);
  try {
    const lockTime = Math.min(milliseconds, longLockTimeout);
    await run("SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)", [
      String(milliseconds),
      String(lockTime),
    ]);
    const value = await work(run);
    tried.isTold = true;
    await run('COMMIT');
    return value;
  } catch (reason) {
    if (isRefractError(reason, 'rolled_back')) await run('ROLLBACK');
    throw reason;
  }
}

/** The row of a statement that always returns one. */
export function only<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}
