// Connections to PostgreSQL: a pool, statements that are prepared once for each of them, and what is tried again.
//
// A statement by itself is a transaction, at READ COMMITTED: it sees what was committed when it began, and where it has
// to wait for a row, judges anew what that row has become. So a compare-and-set is right without any lock that
// outlasts its statement.
import pg from 'pg';
import { Unavailable } from '../../engine/unavailable.ts';
import { StoreError } from '../store-error.ts';
import { troubleOf } from './failures.ts';

/** A statement with a name is prepared once for each connection. */
export interface Statement<Row extends pg.QueryResultRow = pg.QueryResultRow> {
  readonly name?: string;
  readonly text: string;
  /** Only for the compiler: what a row looks like. */
  readonly row?: Row;
}

export interface Result<Row> {
  readonly rows: readonly Row[];
  /** How many rows it has changed. */
  readonly changes: number;
}

export type Run = <Row extends pg.QueryResultRow>(
  statement: Statement<Row>,
  values?: readonly unknown[],
) => Promise<Result<Row>>;

export interface Connections {
  /** Tried again whatever went wrong: carried out twice it does no harm. @throws Unavailable */
  readonly repeatable: Run;
  /** Tried again only where it was certainly not carried out. @throws Unavailable */
  readonly once: Run;
  /**
   * Several statements, all of them or none, with more time than one has.
   * @throws Unavailable
   */
  readonly transaction: <Value>(work: (run: Run) => Promise<Value>) => Promise<Value>;
  /** What the pool has to offer at the moment. */
  readonly pool: () => { readonly open: number; readonly idle: number; readonly waiting: number };
  readonly settings: pg.ClientConfig;
  readonly close: () => Promise<void>;
}

/** Milliseconds: until then a statement is tried again, and after that the answer is that the store is unavailable. */
const patience = 3_000;
/** Milliseconds for one try, to connect or to be answered: half of it, so that a dead connection leaves time for another. */
const tryTimeout = 1_500;
/** Milliseconds: less than a try, so that PostgreSQL itself gives up what nobody waits for any more. */
const statementTimeout = 1_200;
const lockTimeout = 1_000;
/** Milliseconds for work on many rows. */
const longTimeout = 120_000;

/** @throws StoreError for a text that is no address of a database */
export function connectionsTo(url: string, poolSize: number): Connections {
  const settings = settingsOf(url);
  const pool = new pg.Pool({ ...settings, max: poolSize, idleTimeoutMillis: 60_000 });
  // An idle connection that breaks is replaced when one is needed; whoever uses one is told by its statement.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  const withConnection = async <Value>(work: (client: pg.PoolClient) => Promise<Value>): Promise<Value> => {
    const client = await pool.connect();
    try {
      const value = await work(client);
      client.release();
      return value;
    } catch (reason) {
      // What a connection says last may be of a server that is no longer the one to ask.
      client.release(true);
      throw reason;
    }
  };
  const single =
    (isRepeatable: boolean): Run =>
    (statement, values) =>
      persistently(isRepeatable, () => withConnection((client) => running(client)(statement, values)));

  return {
    repeatable: single(true),
    once: single(false),
    transaction: (work) => persistently(false, () => withConnection((client) => inTransaction(client, work))),
    pool: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    settings,
    close: () => pool.end(),
  };
}

function settingsOf(url: string): pg.ClientConfig {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new StoreError('DATABASE_URL is not an address such as postgres://refract@127.0.0.1:5432/refract.');
  }
  return {
    connectionString: url,
    application_name: 'refract',
    connectionTimeoutMillis: tryTimeout,
    query_timeout: tryTimeout,
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    types: { getTypeParser },
  };
}

/** Whole numbers of 64 bits come as numbers: ours are seconds, generations and counts. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format): unknown =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format);

function running(client: pg.ClientBase, timeout?: number): Run {
  return async <Row extends pg.QueryResultRow>(
    { name, text }: Statement<Row>,
    values: readonly unknown[] = [],
  ): Promise<Result<Row>> => {
    const query = { text, values: [...values], ...(name && { name }), ...(timeout && { query_timeout: timeout }) };
    const { rows, rowCount } = await client.query<Row>(query);
    return { rows, changes: rowCount ?? 0 };
  };
}

async function inTransaction<Value>(client: pg.ClientBase, work: (run: Run) => Promise<Value>): Promise<Value> {
  const run = running(client, longTimeout);
  await run({ text: 'BEGIN' });
  try {
    await run({ text: `SET LOCAL statement_timeout = ${String(longTimeout)}` });
    const value = await work(run);
    await run({ text: 'COMMIT' });
    return value;
  } catch (reason) {
    if (reason instanceof RolledBack) await run({ text: 'ROLLBACK' });
    throw reason;
  }
}

/** Thrown inside of a transaction to undo it; the connection is none the worse for it. */
export class RolledBack extends Error {}

async function persistently<Value>(isRepeatable: boolean, attempt: () => Promise<Value>): Promise<Value> {
  const until = performance.now() + patience;
  for (let pause = 20; ; pause *= 2) {
    try {
      return await attempt();
    } catch (reason) {
      const trouble = troubleOf(reason);
      if (trouble === undefined) throw reason;
      const wait = Math.min(pause, 400) * (0.5 + Math.random());
      const isWorthIt = trouble.passes && (trouble.isHarmless || isRepeatable);
      if (!isWorthIt || performance.now() + wait >= until) throw new Unavailable(`PostgreSQL: ${trouble.sentence}`);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
