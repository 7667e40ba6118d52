// What a command is, and what all of them share.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { isRefractError, RefractError } from '../errors.ts';
import { compose, configFor, findContract, loadContracts, type ComposeOptions, type Refract } from '../app/app.ts';
import { settings, type Config } from '../config.ts';

export interface Command {
  /** What follows `refract`, for `--help`. */
  readonly usage: string;
  readonly summary: string;
  /** Option and what it does, for `--help`. */
  readonly options: readonly (readonly [option: string, sentence: string])[];
  readonly run: (rest: readonly string[]) => Promise<void>;
}

/** The options that every command has. */
export const commonOptions = [
  ['--db FILE', 'the SQLite file, or postgres://… (REFRACT_DB or DATABASE_URL; default var/refract.db)'],
  ['--config FILE', 'settings as lines of NAME=value (REFRACT_CONFIG); the environment wins over them'],
] as const;

/** What `parse` is to look for, for those. */
export const commonFlags = { db: { type: 'string' }, config: { type: 'string' } } as const;

type Options = NonNullable<ParseArgsConfig['options']>;

/** Parses what follows a command's name. @throws RefractError `usage` */
export function parse<const Wanted extends Options>(rest: readonly string[], options: Wanted, mostPositionals = 0) {
  try {
    const parsed = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
    const superfluous = parsed.positionals[mostPositionals];
    if (superfluous !== undefined) throw new RefractError('usage', oneTooMany(superfluous));
    return parsed;
  } catch (reason) {
    if (isRefractError(reason, 'usage') || !(reason instanceof Error)) throw reason;
    // Node's message goes on with advice about `--`; its first sentence says what is wrong.
    const [sentence = reason.message] = reason.message.split(/\.\s|\n/);
    throw new RefractError('usage', `${sentence.replace(/\.$/, '')}.`);
  }
}

/** An address may have a password in it, and is not repeated. */
export function oneTooMany(word: string): string {
  return `${word.includes('://') ? 'An address without its option' : word} is one word too many.`;
}

/** @throws RefractError `usage` where the option is missing */
export function required(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw new RefractError('usage', `${option} is missing.`);
  return value;
}

/** The settings that a command line may give, each by its option. */
const optionOf = {
  configFile: '--config',
  port: '--port',
  host: '--host',
  adminPort: '--admin-port',
  database: '--db',
} as const;

export type Flags = { readonly [Name in keyof typeof optionOf | 'console']?: string | undefined };

/**
 * The contracts there are, and the configuration with the command line's flags in it.
 * @throws RefractError `usage` for a flag that does not fit
 */
export async function setUp(flags: Flags): Promise<Setup> {
  const given = checkedFlags(flags);
  const contracts = await loadContracts();
  return { contracts, config: configFor(contracts, given) };
}

/** Those that were given. @throws RefractError `usage` for one that does not fit */
export function checkedFlags(flags: Flags): Readonly<Record<string, string>> {
  const { database, ...others } = flags;
  const named = database?.startsWith('postgres') === true && database.includes('://') ? 'databaseUrl' : 'database';
  for (const name of ['configFile', 'port', 'host', 'adminPort'] as const) checkFlag(name, flags[name]);
  if (named === 'database') checkFlag('database', database);
  const given = Object.entries({ ...others, [named]: database }).flatMap(
    ([name, value]: [string, string | undefined]) => (value === undefined ? [] : [[name, value] as const]),
  );
  return Object.fromEntries(given);
}

export interface Setup {
  readonly contracts: Awaited<ReturnType<typeof loadContracts>>;
  readonly config: Config;
}

/** A setting complains by its name in the environment; whoever gave it as an option is told of the option. */
function checkFlag(name: keyof typeof optionOf, given: string | undefined): void {
  const { variable, read } = settings[name];
  try {
    read(given);
  } catch (reason) {
    if (isRefractError(reason, 'configuration'))
      throw new RefractError('usage', reason.message.replace(variable, optionOf[name]));
    throw reason;
  }
}

/** @throws RefractError `configuration` where there is no contract of that name; none asked for is fine */
export function checkContract({ contracts }: Pick<Setup, 'contracts'>, wanted: string | undefined): void {
  if (wanted !== undefined) findContract(contracts, wanted);
}

/** Puts Refract together, lets `use` work with it, and closes it whatever happens. */
export async function withRefract(
  { config, contracts }: Setup,
  use: (refract: Refract) => Promise<void>,
  options?: ComposeOptions,
): Promise<void> {
  const refract = await compose(config, contracts, options);
  try {
    try {
      await use(refract);
    } finally {
      await refract.close();
    }
  } catch (reason) {
    // Where a part has ended by itself, whatever else went wrong came of that.
    throw (await Promise.race([refract.broken, Promise.resolve(undefined)])) ?? reason;
  }
}

/** @throws RefractError `command` where sessions are in PostgreSQL, which has tools of its own for that */
export function refuseOnPostgres({ databaseUrl }: Config, command: string): void {
  if (databaseUrl === undefined) return;
  throw new RefractError(
    'command',
    `${command} is for a SQLite file; use PostgreSQL's own tools (pg_dump, pg_basebackup), or name a file with --db.`,
  );
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Who has asked, in the audit trail. */
export const byCommandLine = { actor: 'cli' } as const;

/** Rows below their headings, each column as wide as it has to be. */
export function printTable<Row>(
  columns: readonly (readonly [heading: string, cell: (row: Row) => string])[],
  rows: readonly Row[],
): void {
  // What a stranger may have chosen must not speak to the terminal.
  const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\uFFFD');
  const lines = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, cell]) => plain(cell(row)))),
  ];
  const widths = columns.map((_, index) =>
    lines.reduce((widest, line) => Math.max(widest, line[index]?.length ?? 0), 0),
  );
  for (const line of lines) {
    const padded = line.map((cell, index) => cell.padEnd(widths[index] ?? 0));
    print(padded.join('  ').trimEnd());
  }
}

/** Seconds since 1970 as a date and time of UTC. */
export function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
