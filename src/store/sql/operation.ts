// Operations that both databases share: generators that yield statements. SQLite runs one synchronously inside a group
// commit; PostgreSQL awaits each statement. The statements of a refresh are in sqlite.ts and postgres/statements.ts.

export type Value = string | number | null;

/** A statement with its values for $1, $2 and so on. */
export interface Query {
  readonly text: string;
  readonly values: readonly Value[];
}

export interface QueryResult<Row extends object = object> {
  readonly rows: readonly Row[];
  /** How many rows were added, changed or removed. */
  readonly changes: number;
}

/** Runs a statement, with its values as $1, $2 and so on. */
export type RunText = <Row extends object>(text: string, values?: readonly Value[]) => Promise<QueryResult<Row>>;

export type Operation<Output> = Generator<Query, Output, QueryResult>;

/** Parts of statements that differ between the databases. */
export interface Dialect {
  /** Stands before the name of each table. */
  readonly prefix: '' | 'refract.';
  /** The clock, in integer seconds since 1970; it has one value in a statement. */
  readonly now: string;
  /** A new credential version: 32 random hexadecimal digits. */
  readonly newVersion: string;
  /** Stands before a column whose index must not be used. */
  readonly withoutIndex: '' | '+';
  /** Locks selected rows until the commit, where others can write at the same time. */
  readonly forShare: '' | 'FOR SHARE';
  /** Rows `item.value` of the JSON array in $1. */
  readonly items: string;
  /** Revokes sessions with $1 in the column, for the reason $2. Counts of the result add up to the active ones. */
  readonly revokeAll: (column: 'subject_id' | 'contract') => string;
}

/** Yields one statement. */
export function* query<Row extends object>(
  text: string,
  values: readonly Value[] = [],
): Generator<Query, QueryResult<Row>, QueryResult> {
  // Each caller names the columns that its statement selects.
  return (yield { text, values }) as QueryResult<Row>;
}

export function performNow<Output>(operation: Operation<Output>, run: (query: Query) => QueryResult): Output {
  let step = operation.next();
  while (!step.done) step = operation.next(run(step.value));
  return step.value;
}

export async function perform<Output>(operation: Operation<Output>, run: RunText): Promise<Output> {
  let step = operation.next();
  while (!step.done) step = operation.next(await run(step.value.text, step.value.values));
  return step.value;
}

/** The row of a statement that always returns one. */
export function only<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}

/** Rows as the value of `items`. Unpaired surrogates are replaced: PostgreSQL refuses them in JSON. */
export function toItems(rows: readonly object[]): string {
  return JSON.stringify(rows, (_name, value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value));
}
