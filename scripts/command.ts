// All commands of the workbench: --help, validated arguments, and errors of one sentence with exit code 1.
import { Command, CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';

/** The streams of a command; tests pass their own. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

const terminal: Output = {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
};

/** Ends a command with an exit code after it has printed why. */
export class Exit extends CommanderError {
  constructor(exitCode: number) {
    super(exitCode, 'refract.exit', '');
  }
}

/**
 * Runs `npm run NAME -- ARGS`.
 * @param define adds arguments, options and an action, which prints lines and throws where it fails
 * @returns the exit code
 */
export async function runCommand(
  name: string,
  args: readonly string[],
  define: (command: Command, print: (line: string) => void) => unknown,
  { stdout, stderr }: Output = terminal,
): Promise<number> {
  const command = new Command(`npm run ${name} --`);
  const report = (message: string): void => stderr(`${name}: ${message.trim().split('\n').join(' ')}\n`);
  // Subcommands inherit settings from before they were added.
  command.exitOverride().configureOutput({
    writeOut: stdout,
    writeErr: stderr,
    outputError: (text) => report(text.replace(/^error: /, '')),
  });
  define(command, (line) => stdout(`${line}\n`));
  try {
    await command.parseAsync(args, { from: 'user' });
    return 0;
  } catch (reason) {
    // Commander has reported its own errors.
    if (reason instanceof CommanderError) return reason.exitCode;
    report(reason instanceof Error ? (reason.message.split('\n')[0] ?? '') : String(reason));
    return 1;
  }
}

/** Parses a number of at least `least` and at most `most`. */
export function numberFrom(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text === '' || !(value >= least && value <= most)) {
      const to = most === Infinity ? '' : ` to ${String(most)}`;
      throw new InvalidArgumentError(`It must be a number from ${String(least)}${to}.`);
    }
    return value;
  };
}

/** Parses a TCP port. */
export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('It must be a port from 0 to 65535.');
  }
  return Number(text);
}
