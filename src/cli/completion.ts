// refract completion: a script that completes commands, actions and flags in a shell.
import { Argument, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { AddCommand } from './command.ts';

export const completion: AddCommand = (program, { print }) =>
  program
    .command('completion')
    .description('Prints a script that completes commands and flags, for a shell to load')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText(
      'after',
      '\nIn ~/.bashrc or ~/.zshrc: source <(refract completion bash); fish: refract completion fish | source',
    )
    .action((shell) => {
      const places = placesOf(program, '');
      for (const line of { bash: bashLines, zsh: zshLines, fish: fishLines }[shell](places)) print(line);
    });

interface Word {
  readonly text: string;
  readonly description: string;
  readonly takesValue?: boolean;
}

/** What may follow a command, or the program itself. */
interface Place {
  /** The words that lead to it, such as `keys rotate`. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
}

/** Inner commands come first, so that the first path that fits is the longest. */
function placesOf(command: CommandUnknownOpts, path: string): readonly Place[] {
  const inner = command.commands.flatMap((one) => placesOf(one, `${path} ${one.name()}`.trim()));
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...(path.includes(' ') ? (command.parent?.options ?? []) : [])];
  return [
    ...inner,
    {
      path,
      commands: help.visibleCommands(command).map((one) => ({ text: one.name(), description: one.description() })),
      options: options.map(({ long, description, required }) => ({
        text: long ?? '',
        description,
        takesValue: required,
      })),
    },
  ];
}

function wordsOf({ commands, options }: Place): string {
  return [...commands, ...options].map(({ text }) => text).join(' ');
}

function bashLines(places: readonly Place[]): readonly string[] {
  return [
    '# bash completion for refract',
    '_refract() {',
    '  local words',
    '  case "${COMP_WORDS[*]:1:COMP_CWORD-1} " in',
    ...places.map((place) => `    ${patternOf(place)}) words='${wordsOf(place)}' ;;`),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _refract refract',
  ];
}

function zshLines(places: readonly Place[]): readonly string[] {
  return [
    '#compdef refract',
    '_refract() {',
    '  local candidates',
    '  case "${words[2,CURRENT-1]} " in',
    ...places.map((place) => `    ${patternOf(place)}) candidates='${wordsOf(place)}' ;;`),
    '  esac',
    '  compadd -- ${=candidates}',
    '  _files',
    '}',
    'compdef _refract refract',
  ];
}

/** Of what stands before the word to complete. */
function patternOf({ path }: Place): string {
  return path === '' ? '*' : `'${path} '*`;
}

function fishLines(places: readonly Place[]): readonly string[] {
  return places.flatMap(({ path, commands, options }) => {
    const names = path === '' ? [] : path.split(' ');
    const conditions = [
      ...names.map((name) => `__fish_seen_subcommand_from ${name}`),
      ...(commands.length === 0
        ? []
        : [`not __fish_seen_subcommand_from ${commands.map(({ text }) => text).join(' ')}`]),
    ];
    const start = `complete -c refract -n '${conditions.join('; and ')}'`;
    const describe = ({ description }: Word): string => `-d '${description.replaceAll("'", String.raw`\'`)}'`;
    return [
      ...commands.map((word) => `${start} -f -a ${word.text} ${describe(word)}`),
      ...options.map(
        (word) => `${start} -l ${word.text.slice(2)}${word.takesValue === true ? ' -r' : ''} ${describe(word)}`,
      ),
    ];
  });
}
