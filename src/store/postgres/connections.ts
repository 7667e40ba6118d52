// Connections to PostgreSQL: a pool, statements that are prepared once for each of them, and what is tried again.
//
// A statement by itself is a transaction, at READ COMMITTED: it sees what was committed when it began, and where it has
// to wait for a row, judges anew what that row has become. So a compare-and-set is right without any lock that
// outlasts its statement.
import pg from 'pg';
import { isRefractError, RefractError } from '../../errors.ts';
import { ranOutOfTime, troubleOf } from './failures.ts';
import { poolOf } from './pool.ts';

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
  /** Whether an earlier try, whose answer was lost, may have been carried out. */
  readonly mayBeSecond: boolean;
}

export type Run = <Row extends pg.QueryResultRow>(
  statement: Statement<Row>,
  values?: readonly unknown[],
) => Promise<Result<Row>>;

export interface Connections {
  /** Tried again whatever went wrong: carried out twice it does no harm. @throws RefractError `unavailable` */
  readonly repeatable: Run;
  /** Tried again only where it was certainly not carried out. @throws RefractError `unavailable` */
  readonly once: Run;
  /**
   * Several statements, all of them or none; tried again only where they were certainly not committed.
   * @param milliseconds for each of them, where that is more than a statement by itself has
   * @throws RefractError `unavailable`
   */
  readonly transaction: <Value>(work: (run: Run) => Promise<Value>, milliseconds?: number) => Promise<Value>;
  /** What the pool has to offer at the moment. */
  readonly pool: () => { readonly open: number; readonly idle: number; readonly waiting: number };
  readonly settings: pg.ClientConfig;
  /** Resolves soon, whatever is under way. */
  readonly close: () => Promise<void>;
}

/** Milliseconds: until then a statement is tried again, and after that the answer is that the store is unavailable. */
const patience = 3_000;
/** Milliseconds to be answered: so few that a dead connection leaves time for another. */
const tryTimeout = 1_300;
/** Milliseconds: less than a try, so that PostgreSQL itself gives up what nobody waits for any more. */
const statementTimeout = 1_100;
const lockTimeout = 1_000;
/** Milliseconds that a statement needs to have before it is sent: cut off sooner, it would say nothing about its server. */
const fewest = 1_000;
/** Milliseconds to connect, or to wait for a turn: who gave up his place to try again would only come later. */
const connectTimeout = patience - fewest;
/** Milliseconds for work on many rows. */
const longTimeout = 120_000;
/** Milliseconds at most to wait for somebody else who works on many rows. */
const longLockTimeout = 10_000;

/**
 * @param acceptsStandby whether a server that cannot be written to will do
 * @throws RefractError `store` for a text that is no address of a database
 */
export function connectionsTo(url: string, poolSize: number, acceptsStandby = false): Connections {
  const pool = poolOf(settingsOf(url), poolSize, acceptsStandby);

  /** One try. `isTold` is set as soon as it may be carried out unseen, where twice would be once too often. */
  type Attempt<Value> = (client: pg.PoolClient, left: number, tried: Tried) => Promise<Value>;
  const persistently = async <Value>(attempt: Attempt<Value>): Promise<Value> => {
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
        // Of a last try that was cut short, what was found out before says more.
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
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new RefractError(
      'store',
      'DATABASE_URL is not an address such as postgres://refract@127.0.0.1:5432/refract.',
    );
  }
  // A password that is cut in two would be taken for a host and a name, and be printed.
  if (isCutInTwo(new URL(url))) {
    throw new RefractError('store', 'DATABASE_URL has an @ after its host: write / ? # in a password as %2F %3F %23.');
  }
  return {
    connectionString: strict(url),
    application_name: 'refract',
    connectionTimeoutMillis: connectTimeout,
    query_timeout: tryTimeout,
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: 10_000,
    // So that whoever only waits is told when the other machine is gone; by itself the system looks after two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: { getTypeParser },
  };
}

/** A setting of the connection may well have an @ in it. */
function isCutInTwo({ pathname, search, hash }: URL): boolean {
  const settings = search.slice(1).split('&');
  const others = settings.filter((each) => !texts.some((name) => each.startsWith(`${name}=`)));
  return (pathname + others.join('') + hash).includes('@');
}

const texts: readonly string[] = [
  'application_name',
  'fallback_application_name',
  'options',
  'sslcert',
  'sslkey',
  'sslrootcert',
];

/**
 * The driver takes these words for `verify-full` now, with a warning, and will some day let go of verification as libpq
 * does: a release of it shall not weaken anybody's connection. They are looked for as the driver reads them.
 */
function strict(url: string): string {
  const [address = ''] = url.split('#', 1);
  const [place = ''] = address.split('?', 1);
  if (new URL(address).searchParams.get('uselibpqcompat') === 'true') return address;
  if (address === place) return address;
  const settings = address.slice(place.length + 1).split('&');
  const isWeak = (each: string): boolean => {
    const mode = new URLSearchParams(each).get('sslmode');
    return mode !== null && ['prefer', 'require', 'verify-ca'].includes(mode);
  };
  return `${place}?${settings.map((each) => (isWeak(each) ? 'sslmode=verify-full' : each)).join('&')}`;
}

/** Whole numbers of 64 bits come as numbers: ours are seconds, generations and counts. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) => {
  if (oid === pg.types.builtins.INT8) return Number;
  // All that the driver says of its parsers.
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
};

async function released<Value>(client: pg.PoolClient, work: Promise<Value>): Promise<Value> {
  try {
    const value = await work;
    client.release();
    return value;
  } catch (reason) {
    // What a connection says last may be of a server that is no longer the one to ask.
    client.release(true);
    throw reason;
  }
}

interface Tried {
  isTold: boolean;
  readonly mayBeSecond: boolean;
}

/** @param timeout milliseconds for each statement */
function running(client: pg.ClientBase, timeout: number, mayBeSecond = false): Run {
  return async <Row extends pg.QueryResultRow>(
    { name, text }: Statement<Row>,
    values: readonly unknown[] = [],
  ): Promise<Result<Row>> => {
    const query = { text, values: [...values], ...(name && { name }), query_timeout: timeout };
    const { rows, rowCount } = await client.query<Row>(query);
    return { rows, changes: rowCount ?? 0, mayBeSecond };
  };
}

async function inTransaction<Value>(
  client: pg.ClientBase,
  work: (run: Run) => Promise<Value>,
  { left, milliseconds, tried }: { left: number; milliseconds: number; tried: Tried },
): Promise<Value> {
  // Whether anybody is there shows soon; only what comes then may take long. Whatever is usual in this database, each
  // statement has to see what was committed while the one before it waited.
  await running(client, left)({ text: 'BEGIN ISOLATION LEVEL READ COMMITTED' });
  const run = running(client, milliseconds);
  try {
    const lockTime = Math.min(milliseconds, longLockTimeout);
    await run({ text: "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)" }, [
      String(milliseconds),
      String(lockTime),
    ]);
    const value = await work(run);
    tried.isTold = true;
    await run({ text: 'COMMIT' });
    return value;
  } catch (reason) {
    if (isRefractError(reason, 'rolled_back')) await run({ text: 'ROLLBACK' });
    throw reason;
  }
}
