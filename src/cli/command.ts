// What all commands share: their surroundings, the flags of settings, setting up, printing.
import { Option, type Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { isRefractError, RefractError } from '../errors.ts';
import { compose } from '../app/app.ts';
import { findContract, loadContracts, type LoadedContract } from '../app/contracts.ts';
import type { ComposeOptions, Refract } from '../app/refract.ts';
import { inFolder, readConfig, settings, type Config, type Flags, type SettingName } from '../config.ts';
import { integer, type Kind } from '../config/setting.ts';

/** Where a command runs; it looks at no global of the process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from; where empty, they stay relative. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Stops a command that otherwise runs forever. */
  readonly signal: AbortSignal;
}

interface Output {
  readonly write: (text: string) => unknown;
  readonly fd?: number;
  /** Width of a terminal. */
  readonly columns?: number;
}

/** What commands work with. */
export interface Cli {
  readonly surroundings: Surroundings;
  readonly print: (line?: string) => void;
  readonly printTable: <Row>(columns: Columns<Row>, rows: readonly Row[]) => void;
  /** One row as a JSON object, or all as a table. */
  readonly printRows: <Row>(format: Format, columns: Columns<Row>, rows: readonly Row[]) => void;
  readonly pathOf: (file: string) => string;
  /** @param contract must exist, where given. @throws RefractError for settings that do not fit */
  readonly setUp: (command: CommandUnknownOpts, contract?: string) => Promise<Setup>;
  /** Composes Refract for `use`, and closes it in any case. */
  readonly withRefract: (
    setup: Setup,
    use: (refract: Refract) => Promise<void>,
    options?: ComposeOptions,
  ) => Promise<void>;
}

/** Adds a command to the program. */
export type AddCommand = (program: Command, cli: Cli) => CommandUnknownOpts;

export interface Setup {
  readonly contracts: readonly LoadedContract[];
  readonly config: Config;
}

export type Format = 'table' | 'json';
export type Columns<Row> = readonly (readonly [heading: string, cell: (row: Row) => string])[];

export function createCli(surroundings: Surroundings): Cli {
  const { cwd, env, stdout } = surroundings;
  const print = (line = ''): void => void stdout.write(`${line}\n`);
  const printTable: Cli['printTable'] = (columns, rows) => {
    for (const line of tableLines(columns, rows)) print(line);
  };
  return {
    surroundings,
    print,
    printTable,
    printRows: (format, columns, rows) => {
      if (format === 'table') printTable(columns, rows);
      else for (const row of rows) print(JSON.stringify(row));
    },
    pathOf: (file) => inFolder(cwd, file),
    setUp: async (command, contract) => {
      const flags = flagsOf(command);
      const contracts = await loadContracts();
      const names = contracts.map(({ name }) => name);
      const config = readConfig(names, flags, env, cwd);
      if (contract !== undefined) findContract(contracts, contract);
      return { contracts, config };
    },
    withRefract: async ({ config, contracts }, use, options) => {
      const refract = await compose(config, contracts, options);
      try {
        await use(refract).finally(refract.close);
      } catch (reason) {
        // Where a part has ended by itself, that is the cause of any other error.
        throw (await Promise.race([refract.broken, Promise.resolve(undefined)])) ?? reason;
      }
    },
  };
}

/** Adds the flags of settings to a command. */
export function withSettings(
  command: CommandUnknownOpts,
  names: readonly SettingName[] = ['database', 'configFile'],
): CommandUnknownOpts {
  for (const name of names) {
    const { flag, sentence, variable, standard } = settings[name];
    if (flag === undefined) throw new Error(`The setting ${name} has no flag.`);
    command.addOption(
      new Option(flag, `${sentence.replace(/\.$/, '')} (${variable}; default ${standard})`).helpGroup('Settings:'),
    );
  }
  return command;
}

/** The settings that the command line gives. @throws RefractError `usage` for one that does not fit */
export function flagsOf(command: CommandUnknownOpts): Flags {
  const given = command.optsWithGlobals();
  const flags: Partial<Record<SettingName, string>> = {};
  // The table has no other names.
  for (const [name, setting] of Object.entries(settings) as [SettingName, (typeof settings)[SettingName]][]) {
    if (setting.flag === undefined) continue;
    const option = new Option(setting.flag);
    const value: unknown = given[option.attributeName()];
    const text = option.negate ? (value === false ? 'off' : undefined) : value;
    if (typeof text !== 'string') continue;
    if (name === 'database' && /^postgres.*:\/\//.test(text)) {
      flags.databaseUrl = text;
      continue;
    }
    checkValue(option.long ?? '', setting.read, text);
    flags[name] = text;
  }
  return flags;
}

/** The value of an option. @throws RefractError `usage` where it does not fit */
export function optionValue<Value>(option: string, kind: Kind<Value>, text: string): Value {
  return checkValue(option, kind.parse, text);
}

export function wholeNumber(option: string, text: string, least: number, most: number): number {
  return optionValue(option, integer(least, most), text);
}

function checkValue<Value>(option: string, parse: (text: string, name: string) => Value, text: string): Value {
  try {
    return parse(text, option);
  } catch (reason) {
    throw isRefractError(reason, 'configuration') ? new RefractError('usage', reason.message) : reason;
  }
}

/** An option that takes a table or JSON. */
export function formatOption(json = 'one JSON object a line') {
  return new Option('--format <format>', `a table, or ${json}`)
    .choices(['table', 'json'] as const)
    .default('table' as const);
}

/** Makes a command of actions refuse a missing or unknown action. */
export function requireAction(command: Command): CommandUnknownOpts {
  const names = command.commands.map((action) => action.name());
  const advice = `use ${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}.`;
  return command.usage('[options] <action>').action(() => {
    const [unknown] = command.args;
    throw new RefractError(
      'usage',
      unknown === undefined ? `Missing action; ${advice}` : `Unknown action "${unknown}"; ${advice}`,
    );
  });
}

/** @throws RefractError `command` where sessions are in PostgreSQL, which has its own tools */
export function refuseOnPostgres({ databaseUrl }: Config, command: string): void {
  if (databaseUrl === undefined) return;
  throw new RefractError(
    'command',
    `${command} is for a SQLite file; use PostgreSQL's own tools (pg_dump, pg_basebackup), or name a file with --db.`,
  );
}

/** Who acts, in the audit trail. */
export const byCommandLine = { actor: 'cli' } as const;

/** Seconds since 1970 as a date and time of UTC. */
export function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** A count with its noun: `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The system's code of an error. */
export function codeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown';
}

function tableLines<Row>(columns: Columns<Row>, rows: readonly Row[]): readonly string[] {
  // A stranger may have chosen a cell's text: no control character reaches the terminal.
  const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, '\uFFFD');
  const lines = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, cell]) => plain(cell(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
