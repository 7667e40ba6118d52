// The command line: finds the command, and turns whatever goes wrong into one sentence and an exit code.
import { isForeseen, isRefractError, isUnavailable, RefractError } from '../errors.ts';
import { print, type Command } from './command.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { copy } from './copy.ts';
import { demo } from './demo.ts';
import { purge } from './purge.ts';
import { doctor } from './doctor.ts';
import { importing } from './import.ts';
import { introspect } from './introspect.ts';
import { issue } from './issue.ts';
import { keys } from './keys.ts';
import { restore } from './restore.ts';
import { revoke } from './revoke.ts';
import { serve } from './serve.ts';
import { sessions } from './sessions.ts';
import { statistics } from './statistics.ts';
import { subject } from './subject.ts';

const commands: Readonly<Record<string, Command>> = {
  serve,
  demo,
  subject,
  issue,
  revoke,
  sessions,
  introspect,
  statistics,
  keys,
  import: importing,
  audit,
  purge,
  backup,
  restore,
  copy,
  doctor,
};

/** Runs one command. Resolves with the exit code: 0 done, 1 could not be done, 2 not understood. */
export async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  // Whoever read what is printed may stop reading, as `head` does.
  if (!process.stdout.listeners('error').includes(leave)) process.stdout.on('error', leave);
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      print(overview());
      return name === undefined ? 2 : 0;
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined)
      throw new RefractError('usage', `There is no command ${name}; refract --help lists them.`);
    if (rest.includes('--help') || rest.includes('-h')) {
      print(helpOf(command));
      return 0;
    }
    await command.run(rest);
    return 0;
  } catch (reason) {
    complain(sentenceOf(reason));
    return isRefractError(reason, 'usage') ? 2 : 1;
  }
}

/** Nobody is left to print to, or the disk that is printed to is full. */
function leave(reason: Error): never {
  if (!('code' in reason && reason.code === 'EPIPE'))
    complain(`What was to be printed could not be: ${reason.message}`);
  process.exit(1);
}

/** In one line, whatever the reason: what a library says of a broken file may have several. */
function complain(sentence: string): void {
  process.stderr.write(`refract: ${sentence.replaceAll(/\s*\n\s*/g, ' ')}\n`);
}

function sentenceOf(reason: unknown): string {
  if (isRefractError(reason, 'usage') || isRefractError(reason, 'command') || isForeseen(reason)) return reason.message;
  if (isUnavailable(reason)) {
    return `The database cannot be used right now: ${reason.message}; nothing was changed.`;
  }
  return `Something went wrong that should not have: ${reason instanceof Error ? reason.message : String(reason)}`;
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    'refract: one refresh engine behind several published token-refresh APIs',
    '',
    'Usage: refract COMMAND [OPTIONS]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'refract COMMAND --help tells more. Settings come from the environment or a file (--config); the README lists them.',
  ].join('\n');
}

function helpOf({ usage, summary, options }: Command): string {
  const width = Math.max(...options.map(([option]) => option.length));
  return [
    `Usage: refract ${usage}`,
    '',
    `${summary}.`,
    '',
    ...options.map(([option, sentence]) => `  ${option.padEnd(width)}  ${sentence}`),
  ].join('\n');
}
