// refract completion: prints a script that completes commands, actions and flags in a shell.
import { Argument, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { AddCommand } from '../command.ts';

export const completion: AddCommand = (program, { print }) => {
  program
    .command('completion')
    .description('Prints a script that completes commands and flags, for a shell to load')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText(
      'after',
      '\nIn ~/.bashrc or ~/.zshrc: source <(refract completion bash); fish: refract completion fish | source',
    )
    .action((shell) => {
      const lines = { bash: bashLines, zsh: zshLines, fish: fishLines }[shell];
      for (const line of lines(completionsOf(program, ''))) print(line);
    });
  return undefined;
};

interface Word {
  readonly text: string;
  readonly description: string;
  readonly takesValue?: boolean;
}

/** The words that may follow a command, or the program itself. */
interface Completion {
  /** Names of commands, such as `keys rotate`. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
}

/** Inner commands come first, so that the first path that matches is the longest. */
function completionsOf(command: CommandUnknownOpts, path: string): readonly Completion[] {
  const inner = command.commands.flatMap((one) => completionsOf(one, `${path} ${one.name()}`.trim()));
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map((one) => ({ text: one.name(), description: one.description() }));
  const options = [...help.visibleOptions(command), ...(path.includes(' ') ? (command.parent?.options ?? []) : [])];
  const optionWords = options.map(({ long, description, required }) => ({
    text: long ?? '',
    description,
    takesValue: required,
  }));
  return [...inner, { path, commands, options: optionWords }];
}

/** Branches of a shell's `case` over the words before the cursor, each of which sets a variable. */
function caseLines(completions: readonly Completion[], variable: string): readonly string[] {
  return completions.map(({ path, commands, options }) => {
    const words = [...commands, ...options].map(({ text }) => text).join(' ');
    return `    ${path === '' ? '*' : `'${path} '*`}) ${variable}='${words}' ;;`;
  });
}

function bashLines(completions: readonly Completion[]): readonly string[] {
  return [
    '# bash completion for refract',
    '_refract() {',
    '  local words',
    '  case "${COMP_WORDS[*]:1:COMP_CWORD-1} " in',
    ...caseLines(completions, 'words'),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _refract refract',
  ];
}

function zshLines(completions: readonly Completion[]): readonly string[] {
  return [
    '#compdef refract',
    '_refract() {',
    '  local candidates',
    '  case "${words[2,CURRENT-1]} " in',
    ...caseLines(completions, 'candidates'),
    '  esac',
    '  compadd -- ${=candidates}',
    '  _files',
    '}',
    'compdef _refract refract',
  ];
}

function fishLines(completions: readonly Completion[]): readonly string[] {
  return completions.flatMap(({ path, commands, options }) => {
    const names = path === '' ? [] : path.split(' ');
    const others = commands.map(({ text }) => text).join(' ');
    const conditions = [
      ...names.map((name) => `__fish_seen_subcommand_from ${name}`),
      ...(others === '' ? [] : [`not __fish_seen_subcommand_from ${others}`]),
    ];
    const start = `complete -c refract -n '${conditions.join('; and ')}'`;
    const describe = ({ description }: Word): string => `-d '${description.replaceAll("'", String.raw`\'`)}'`;
    return [
      ...commands.map((word) => `${start} -f -a ${word.text} ${describe(word)}`),
      ...options.map((word) => `${start} -l ${word.text.slice(2)}${word.takesValue ? ' -r' : ''} ${describe(word)}`),
    ];
  });
}
