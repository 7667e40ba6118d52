// Compares the working tree's contracts with a git ref: a verdict for each contract, and each change with its reason.
import { Option } from '@commander-js/extra-typings';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDocumentFile, openapiFolder } from '../src/http/documents.ts';
import { Exit, runCommand, type Output } from './command.ts';
import { compare, DiffError, order, type Change, type Comparison, type Impact } from './diff/compare.ts';

/** The documents of one state, by contract. */
export type Documents = ReadonlyMap<string, string>;

/** Compares two states. An added contract is minor, a removed one is major. */
export async function compareAll(base: Documents, revision: Documents): Promise<ReadonlyMap<string, Comparison>> {
  const names = [...new Set([...base.keys(), ...revision.keys()])].sort();
  const whole = (impact: Impact, why: string): Comparison => ({
    verdict: impact,
    changes: [{ impact, place: 'document', member: '', why, line: undefined }],
  });
  const comparisons = new Map<string, Comparison>();
  for (const name of names) {
    const [before, after] = [base.get(name), revision.get(name)];
    if (before === undefined) comparisons.set(name, whole('minor', 'The contract is new.'));
    else if (after === undefined) comparisons.set(name, whole('major', 'The contract was removed.'));
    else comparisons.set(name, await compare(name, before, after));
  }
  return comparisons;
}

/** Returns the documents at a git ref. @throws DiffError for an unknown ref */
export function documentsAt(ref: string, folder: string = openapiFolder): Documents {
  if (git(folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`) === undefined) {
    throw new DiffError(`git knows no documents at ${ref}; give a tag, a branch or a commit.`);
  }
  const files = (git(folder, 'ls-tree', '--name-only', ref, './') ?? '').split('\n').filter(isDocumentFile);
  return new Map(files.map((file) => [nameOf(file), git(folder, 'show', `${ref}:./${file}`) ?? '']));
}

/** Returns the documents of the working tree. */
export function documentsNow(folder: string = openapiFolder): Documents {
  // An editor may leave links that lead nowhere.
  const files = readdirSync(folder).filter((file) => isDocumentFile(file) && existsSync(join(folder, file)));
  return new Map(files.map((file) => [nameOf(file), readFileSync(join(folder, file), 'utf8')]));
}

/** The last tag, else `main`. */
export function standardRef(folder: string = openapiFolder): string {
  return git(folder, 'describe', '--tags', '--abbrev=0')?.trim() ?? 'main';
}

/** Returns git's output in a folder; `undefined` where it fails. */
function git(folder: string, ...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** For a terminal. */
export function asText(ref: string, comparisons: ReadonlyMap<string, Comparison>): string {
  const lines = [...comparisons].flatMap(([name, { verdict, changes }]) => [
    `${name}: ${verdict === 'none' ? 'unchanged' : verdict}`,
    ...changeLines(name, changes).map((line) => `  ${line}`),
  ]);
  return [`Against ${ref}:`, ...lines, '', `Altogether: ${worstOf(comparisons)}`].join('\n');
}

/** Each change in two lines, for a terminal. */
export function changeLines(name: string, changes: readonly Change[]): string[] {
  return changes.flatMap(({ impact, place, member, why, line }) => [
    `${impact.padEnd(5)}  ${whereOf(name, line)}${[place, member].filter((part) => part !== '').join(' › ')}`,
    `       ${why}`,
  ]);
}

/** For a pull request. */
export function asMarkdown(ref: string, comparisons: ReadonlyMap<string, Comparison>): string {
  const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);
  const row = (name: string, { impact, place, member, why, line }: Change): string =>
    `| ${impact} | ${cell(place)} | ${cell(member)} | ${cell(why)} | ${whereOf(name, line).trim()} |`;
  const sections = [...comparisons]
    .filter(([, { verdict }]) => verdict !== 'none')
    .flatMap(([name, { verdict, changes }]) => [
      `### \`${name}\`: ${verdict}`,
      '',
      '| impact | where | member | why | line |',
      '| --- | --- | --- | --- | --- |',
      ...changes.map((change) => row(name, change)),
      '',
    ]);
  return [`## Contracts against \`${ref}\`: ${worstOf(comparisons)}`, '', ...sections].join('\n');
}

function whereOf(name: string, line: number | undefined): string {
  return line === undefined ? '' : `${name}.yaml:${String(line)} `;
}

function worstOf(comparisons: ReadonlyMap<string, Comparison>): Impact {
  const verdicts = [...comparisons.values()].map(({ verdict }) => verdict);
  return order.find((impact) => verdicts.includes(impact)) ?? 'none';
}

function nameOf(file: string): string {
  return file.replace(/\.yaml$/, '');
}

/** The exit code is 1 for a change of at least the impact of `--fail-on`, or where nothing could be compared. */
export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'diff',
    args,
    (command, print) =>
      command
        .description("Shows what the working tree's contracts change against a git ref, with a verdict for each.")
        .argument('[ref]', 'a tag, a branch or a commit; the last tag, else main')
        .addOption(
          new Option('--fail-on <impact>', 'exit code 1 from this impact on').choices(order).default('none' as const),
        )
        .addOption(new Option('--format <format>').choices(['text', 'markdown']).default('text' as const))
        .action(async (ref = standardRef(), { failOn, format }) => {
          const comparisons = await compareAll(documentsAt(ref), documentsNow());
          print(format === 'text' ? asText(ref, comparisons) : asMarkdown(ref, comparisons));
          if (failOn !== 'none' && order.indexOf(worstOf(comparisons)) <= order.indexOf(failOn)) throw new Exit(1);
        }),
    output,
  );
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
