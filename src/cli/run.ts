// The command line: finds the command, and turns every error into one sentence and an exit code.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { isForeseen, isRefractError, isUnavailable, RefractError } from '../errors.ts';
import { createCli, withSettings, type AddCommand, type CliContext } from './command.ts';

/** Runs one command. Resolves with the exit code: 0 success, 1 failure, 2 invalid arguments. */
export async function run(args: readonly string[], context: CliContext): Promise<number> {
  const program = await createProgram(args, context);
  try {
    const explained = findCommandToExplain(program, args);
    if (explained === undefined) await program.parseAsync(args, { from: 'user' });
    else explained.outputHelp();
    return args.length === 0 ? 2 : 0;
  } catch (reason) {
    if (reason instanceof CommanderError && reason.exitCode === 0) return 0;
    // Messages of libraries may have several lines.
    context.stderr.write(`refract: ${messageOf(reason).replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return isRefractError(reason, 'usage') || reason instanceof CommanderError ? 2 : 1;
  }
}

async function createProgram(args: readonly string[], context: CliContext): Promise<Command> {
  const { stdout } = context;
  // The package's own manifest, found from the sources and from what tsc builds alike; every manifest has a version.
  const { version } = createRequire(import.meta.url)('refract/package.json') as { version: string };
  const program = new Command('refract')
    .description('One refresh engine behind several published token-refresh APIs.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 120,
      getOutHasColors: () => false,
    })
    .addHelpText(
      'after',
      '\nrefract help COMMAND explains a command. Settings come from flags, the environment or a file; scripts/operations/README.md lists them.',
    )
    .hook('preAction', (_program, command) => {
      checkArguments(command, args);
    });
  const cli = createCli(context);
  for (const add of await loadCommands()) {
    const command = add(program, cli);
    if (command !== undefined) withSettings(command, ['database', 'configFile']);
  }
  return program;
}

/** Every module in `commands` exports functions that each add a command. */
async function loadCommands(): Promise<readonly AddCommand[]> {
  const files = readdirSync(new URL('commands', import.meta.url)).filter((file) => /(?<!\.d)\.[jt]s$/.test(file));
  const modules = files.sort().map(async (file) => {
    const path = `./commands/${file}`;
    // A module found by its file name is untyped; it exports commands alone.
    return Object.values((await import(path)) as Readonly<Record<string, AddCommand>>);
  });
  return (await Promise.all(modules)).flat();
}

/** The command that `refract help COMMAND` or `--help` explains. Help wins over invalid arguments. */
function findCommandToExplain(program: Command, args: readonly string[]): CommandUnknownOpts | undefined {
  const isHelp = args.length === 0 || args[0] === 'help' || args.includes('--help') || args.includes('-h');
  if (!isHelp) return undefined;
  let found: CommandUnknownOpts = program;
  for (const word of args.filter((arg, index) => !arg.startsWith('-') && !(index === 0 && arg === 'help'))) {
    const inner = found.commands.find((command) => command.name() === word);
    if (inner === undefined && found === program) throw new RefractError('usage', unknownCommand(word));
    found = inner ?? found;
  }
  return found;
}

/** Refuses arguments that commander accepts. @throws RefractError `usage` */
function checkArguments(command: CommandUnknownOpts, args: readonly string[]): void {
  const superfluous = command.commands.length > 0 ? undefined : command.args[command.registeredArguments.length];
  if (superfluous !== undefined) throw new RefractError('usage', unexpectedArgument(superfluous));
  const given = command.optsWithGlobals();
  for (const option of [...command.options, ...(command.parent?.options ?? [])]) {
    const value: unknown = given[option.attributeName()];
    if (!option.required || typeof value !== 'string') continue;
    const long = option.long ?? '';
    if (/^-./.test(value) && !args.includes(`${long}=${value}`))
      throw new RefractError('usage', `Option ${long} needs a value.`);
    if (option.mandatory && value === '') throw new RefractError('usage', `Missing option ${long}.`);
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    if (command.args[index] === '') throw new RefractError('usage', `Missing argument ${argument.name()}.`);
  }
}

/** An address may contain a password and is not repeated. */
function unexpectedArgument(argument: string): string {
  if (argument.includes('://')) return 'Unexpected argument: an address; pass it as the value of an option.';
  return `Unexpected argument "${argument}".`;
}

function messageOf(reason: unknown): string {
  if (reason instanceof CommanderError) return rewriteMessage(reason.message);
  if (isRefractError(reason, 'usage') || isRefractError(reason, 'command') || isForeseen(reason)) return reason.message;
  if (isUnavailable(reason)) return `The database is unavailable: ${reason.message}; nothing was changed.`;
  return `Internal error: ${reason instanceof Error ? reason.message : String(reason)}`;
}

/** Messages of commander, and ours in place of them. The value of an unknown option may be a secret and is not repeated. */
const rewrittenMessages: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [/^unknown option '([^'=]*)'$/, 'Unknown option "$1".'],
  [/^unknown option '([^'=]*)=[^]*$/, 'Option $1 is unknown or takes no value.'],
  [/^unknown command '([^]*)'$/, unknownCommand('$1')],
  [/^missing required argument '(.*)'$/, 'Missing argument $1.'],
  [/^option '(\S+).*' argument missing$/, 'Option $1 needs a value.'],
  [/^required option '(\S+).*' not specified$/, 'Missing option $1.'],
  [
    /^command-argument value '([^]*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\.$/,
    'Unknown $2 "$1"; use one of $3.',
  ],
  [/^option '(\S+) .*' argument '([^]*)' is invalid\. Allowed choices are (.*)\.$/, '$1 must be one of $3, not "$2".'],
];

function rewriteMessage(message: string): string {
  const [, text = '', suggestion] = /^(?:error: )?([^]*?)(?:\n\((Did you mean .*\?)\))?$/.exec(message) ?? [];
  const rule = rewrittenMessages.find(([pattern]) => pattern.test(text));
  const sentence = rule === undefined ? text : text.replace(...rule);
  return suggestion === undefined ? sentence : `${sentence.replace(/;.*/, '.')} ${suggestion}`;
}

function unknownCommand(name: string): string {
  return `Unknown command "${name}"; refract --help lists all commands.`;
}
