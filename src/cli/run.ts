// The command line: finds the command, and turns every error into one sentence and an exit code.
import { createRequire } from 'node:module';
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { isForeseen, isRefractError, isUnavailable, RefractError } from '../errors.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { createCli, type Surroundings } from './command.ts';
import { completion } from './completion.ts';
import { copy } from './copy.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { importing } from './import.ts';
import { introspect } from './introspect.ts';
import { issue } from './issue.ts';
import { keys } from './keys.ts';
import { purge } from './purge.ts';
import { restore } from './restore.ts';
import { revoke } from './revoke.ts';
import { serve } from './serve.ts';
import { sessions } from './sessions.ts';
import { statistics } from './statistics.ts';
import { subject } from './subject.ts';

/** In the order of the help. */
const commands = [
  ...[serve, demo, subject, issue, revoke, sessions, introspect, statistics, keys],
  ...[importing, audit, purge, backup, restore, copy, doctor, completion],
];

/** Runs one command. Resolves with the exit code: 0 done, 1 could not be done, 2 not understood. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = createProgram(args, surroundings);
  try {
    const explained = commandToExplain(program, args);
    if (explained === undefined) await program.parseAsync(args, { from: 'user' });
    else explained.outputHelp();
    return args.length === 0 ? 2 : 0;
  } catch (reason) {
    if (reason instanceof CommanderError && reason.exitCode === 0) return 0;
    // In one line: what a library says of a broken file may have several.
    surroundings.stderr.write(`refract: ${sentenceOf(reason).replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return isRefractError(reason, 'usage') || reason instanceof CommanderError ? 2 : 1;
  }
}

function createProgram(args: readonly string[], surroundings: Surroundings): Command {
  const { stdout } = surroundings;
  const program = new Command('refract')
    .description('One refresh engine behind several published token-refresh APIs.')
    .version(versionOf(), '-V, --version', 'show the version')
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
      '\nrefract help COMMAND tells more. Settings come from flags, the environment or a file; the README lists them.',
    )
    .hook('preAction', (_program, command) => {
      checkArguments(command, args);
    });
  const cli = createCli(surroundings);
  for (const add of commands) add(program, cli);
  return program;
}

function versionOf(): string {
  // The package's own manifest, found from the sources and from what tsc builds alike; every manifest has a version.
  const { version } = createRequire(import.meta.url)('refract/package.json') as { version: string };
  return version;
}

/** The command that `refract help COMMAND` or `--help` asks about. Help wins over anything wrong beside it. */
function commandToExplain(program: Command, args: readonly string[]): CommandUnknownOpts | undefined {
  const isAsked = args.length === 0 || args[0] === 'help' || args.includes('--help') || args.includes('-h');
  if (!isAsked) return undefined;
  let found: CommandUnknownOpts = program;
  for (const word of args.filter((arg, index) => !arg.startsWith('-') && !(index === 0 && arg === 'help'))) {
    const inner = found.commands.find((command) => command.name() === word);
    if (inner === undefined && found === program) throw new RefractError('usage', unknownCommand(word));
    found = inner ?? found;
  }
  return found;
}

/** Refuses what commander lets pass. @throws RefractError `usage` */
function checkArguments(command: CommandUnknownOpts, args: readonly string[]): void {
  const superfluous = command.commands.length > 0 ? undefined : command.args[command.registeredArguments.length];
  if (superfluous !== undefined) throw new RefractError('usage', unexpected(superfluous));
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

/** An address may hold a password and is not repeated. */
function unexpected(argument: string): string {
  if (argument.includes('://')) return 'Unexpected argument: an address; give it with its option.';
  return `Unexpected argument "${argument}".`;
}

function sentenceOf(reason: unknown): string {
  if (reason instanceof CommanderError) return ofCommander(reason.message);
  if (isRefractError(reason, 'usage') || isRefractError(reason, 'command') || isForeseen(reason)) return reason.message;
  if (isUnavailable(reason)) {
    return `The database cannot be used right now: ${reason.message}; nothing was changed.`;
  }
  return `Something went wrong that should not have: ${reason instanceof Error ? reason.message : String(reason)}`;
}

/** Messages of commander, and ours in place of them. A value may be a secret: one of an unknown option is not repeated. */
const rewritten: readonly (readonly [pattern: RegExp, sentence: string])[] = [
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

function ofCommander(message: string): string {
  const [, text = '', suggestion] = /^(?:error: )?([^]*?)(?:\n\((Did you mean .*\?)\))?$/.exec(message) ?? [];
  const rule = rewritten.find(([pattern]) => pattern.test(text));
  const sentence = rule === undefined ? text : text.replace(...rule);
  if (suggestion === undefined) return sentence;
  return `${sentence.replace(/;.*/, '.')} ${suggestion}`;
}

function unknownCommand(name: string): string {
  return `Unknown command "${name}"; refract --help lists all commands.`;
}
