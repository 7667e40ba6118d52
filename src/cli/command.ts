// What commands share: the context they run in, set-up, output, and the options that several have.
import { createReadStream } from 'node:fs';
import { Option, type Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { isRefractError, RefractError } from '../errors.ts';
import { compose } from '../app/app.ts';
import { findContract, loadFolder, type ContractFolder } from '../app/contracts.ts';
import type { ComposeOptions, Refract } from '../app/refract.ts';
import { inFolder, readConfig, settings, type Config, type Flags, type SettingName } from '../config.ts';
import { integer } from '../config/setting.ts';

/** What a command sees of its process. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from; where empty, they stay relative. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Stops `serve`. */
  readonly signal: AbortSignal;
}

interface Output {
  readonly write: (text: string) => unknown;
  /** File descriptor, for the log. */
  readonly fd?: number;
  /** Width of a terminal. */
  readonly columns?: number;
}

export interface Cli {
  readonly context: CliContext;
  readonly print: (line?: string) => void;
  readonly printTable: <Row>(columns: Columns<Row>, rows: readonly Row[]) => void;
  /** Prints one JSON object a line, or a table. */
  readonly printRows: <Row>(format: 'table' | 'json', columns: Columns<Row>, rows: readonly Row[]) => void;
  readonly pathOf: (file: string) => string;
  /** Loads contracts and configuration. @param contract must exist, if given. @throws RefractError for invalid settings */
  readonly setUp: (command: CommandUnknownOpts, contract?: string) => Promise<Setup>;
  /** Composes Refract, and closes it after `use`. */
  readonly withRefract: (
    setup: Setup,
    use: (refract: Refract) => Promise<void>,
    options?: ComposeOptions,
  ) => Promise<void>;
}

/** Adds a command to the program. A returned command gets the flags of the database and the configuration file. */
export type AddCommand = (program: Command, cli: Cli) => CommandUnknownOpts | undefined;

export interface Setup extends ContractFolder {
  readonly config: Config;
}

export type Columns<Row> = readonly (readonly [heading: string, cell: (row: Row) => string])[];

export function createCli(context: CliContext): Cli {
  const { cwd, env, stdout } = context;
  const print = (line = ''): void => void stdout.write(`${line}\n`);
  const printTable: Cli['printTable'] = (columns, rows) => {
    for (const line of tableLines(columns, rows)) print(line);
  };
  return {
    context,
    print,
    printTable,
    printRows: (format, columns, rows) => {
      if (format === 'table') printTable(columns, rows);
      else for (const row of rows) print(JSON.stringify(row));
    },
    pathOf: (file) => inFolder(cwd, file),
    setUp: async (command, contract) => {
      const flags = readFlags(command);
      const { contracts, unserved } = await loadFolder();
      const names = [...contracts, ...unserved].map(({ name }) => name);
      const config = readConfig(names, flags, env, cwd);
      // The reason helps more than a list of other names.
      const wanted = unserved.find(({ name }) => name === contract);
      if (wanted !== undefined) throw wanted.reason;
      if (contract !== undefined) findContract(contracts, contract);
      return { contracts, unserved, config };
    },
    withRefract: async ({ config, contracts }, use, options) => {
      const refract = await compose(config, contracts, options);
      try {
        await use(refract).finally(refract.close);
      } catch (reason) {
        // A part that failed in the background is the cause of any other error.
        throw (await Promise.race([refract.broken, Promise.resolve(undefined)])) ?? reason;
      }
    },
  };
}

/** Adds the flags of settings to a command. */
export function withSettings(command: CommandUnknownOpts, names: readonly SettingName[] | 'all'): undefined {
  for (const [name, { flag, sentence, variable, standard }] of settingEntries) {
    if (flag === undefined || (names !== 'all' && !names.includes(name))) continue;
    const description = `${sentence.replace(/\.$/, '')} (${variable}; default ${standard})`;
    command.addOption(new Option(flag, description).helpGroup('Settings:'));
  }
}

// The table has no other names.
const settingEntries = Object.entries(settings) as [SettingName, (typeof settings)[SettingName]][];

/** The settings on the command line. @throws RefractError `usage` for an invalid one */
export function readFlags(command: CommandUnknownOpts): Flags {
  const given = command.optsWithGlobals();
  const flags: Partial<Record<SettingName, string>> = {};
  for (const [name, { flag, read }] of settingEntries) {
    if (flag === undefined) continue;
    const option = new Option(flag);
    const value: unknown = given[option.attributeName()];
    const text = option.negate && value === false ? 'off' : value;
    if (typeof text !== 'string') continue;
    if (name === 'database' && /^postgres.*:\/\//.test(text)) {
      flags.databaseUrl = text;
    } else {
      parseOption(option.long ?? '', read, text);
      flags[name] = text;
    }
  }
  return flags;
}

/** Parses the value of an option. @throws RefractError `usage` for an invalid one */
export function parseOption<Value>(option: string, parse: (text: string, name: string) => Value, text: string): Value {
  try {
    return parse(text, option);
  } catch (reason) {
    throw isRefractError(reason, 'configuration') ? new RefractError('usage', reason.message) : reason;
  }
}

/** An option that takes a whole number. @param flags such as `--limit <n>` */
export function numberOption<const Flags extends string>(
  flags: Flags,
  description: string,
  { standard, least, most }: { readonly standard: number; readonly least: number; readonly most: number },
) {
  const { parse } = integer(least, most);
  return new Option(flags, description)
    .default(standard)
    .argParser((text: string) => parseOption(flags.replace(/ .*/, ''), parse, text));
}

/** An option that chooses a table or JSON. */
export function formatOption(json = 'one JSON object a line') {
  return new Option('--format <format>', `a table, or ${json}`)
    .choices(['table', 'json'] as const)
    .default('table' as const);
}

/** Makes a command with actions refuse a missing or unknown action. */
export function requireAction(command: Command): CommandUnknownOpts {
  const names = command.commands.map((action) => action.name());
  const advice = `use ${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}.`;
  return command.usage('[options] <action>').action(() => {
    const [unknown] = command.args;
    const problem = unknown === undefined ? 'Missing action' : `Unknown action "${unknown}"`;
    throw new RefractError('usage', `${problem}; ${advice}`);
  });
}

/** @throws RefractError `command` where sessions are in PostgreSQL, which has its own tools */
export function refuseOnPostgres({ databaseUrl }: Config, command: string): void {
  if (databaseUrl === undefined) return;
  throw new RefractError(
    'command',
    `${command} needs a SQLite file; use pg_dump or pg_basebackup, or name a file with --db.`,
  );
}

/** Reads a file, or standard input for `-`. @throws RefractError `command` */
export async function* readInput({ context, pathOf }: Cli, file: string): AsyncGenerator<Uint8Array> {
  try {
    // Without an encoding, a stream has bytes.
    yield* file === '-' ? context.stdin : (createReadStream(pathOf(file)) as AsyncIterable<Uint8Array>);
  } catch (reason) {
    throw new RefractError('command', `Cannot read the file ${file} (${errorCodeOf(reason)}).`);
  }
}

/** The actor of audit events. */
export const byCommandLine = { actor: 'cli' } as const;

/** Formats seconds since 1970 as a date and time in UTC. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** Formats a count with its noun: `1 session`, `2 sessions`. */
export function formatCount(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The system's code of an error, such as `ENOENT`. */
export function errorCodeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
}

function tableLines<Row>(columns: Columns<Row>, rows: readonly Row[]): readonly string[] {
  // Clients choose the text of some cells: no control character may reach the terminal.
  const escape = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\uFFFD');
  const lines = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, cell]) => escape(cell(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const padded = lines.map((line) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)));
  return padded.map((line) => line.join('  ').trimEnd());
}
