// Compares the working tree's contracts with a git ref: a verdict for each contract, and each change with its reason.
import { Option } from '@commander-js/extra-typings';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Exit, type Output, runCommand } from './command.ts';
import { errorsOf, runRedocly } from './redocly.ts';
import { isDocumentFile, openapiFolder } from '../src/http/documents.ts';
import { pointerSteps } from '../src/http/documents/source.ts';

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

/** The part of a semantic version that must change; `none` where nothing changed. */
export type Impact = 'major' | 'minor' | 'patch' | 'none';

export interface Change {
  readonly impact: Impact;
  /** The operation, or the part of the document outside of operations. */
  readonly place: string;
  /** The path below `place`. */
  readonly member: string;
  readonly why: string;
  /** The line in the revision; in the base where a member was removed. */
  readonly line: number | undefined;
}

export interface Comparison {
  readonly verdict: Impact;
  readonly changes: readonly Change[];
}

/** A failed comparison. The message is one sentence. */
export class DiffError extends Error {
  override readonly name = 'DiffError';
}

/** Compares two texts of one document. @throws DiffError where one of them is not a document */
export async function compare(name: string, base: string, revision: string): Promise<Comparison> {
  if (base === revision) return { verdict: 'none', changes: [] };
  const folder = mkdtempSync(join(tmpdir(), 'refract-diff-'));
  try {
    const files = [join(folder, `base-${name}.yaml`), join(folder, `${name}.yaml`)] as const;
    writeFileSync(files[0], base);
    writeFileSync(files[1], revision);
    const report = await reportOf(name, files);
    const changes = report.changes
      .map(raised)
      .map(changeOf)
      .sort((one, other) => order.indexOf(one.impact) - order.indexOf(other.impact));
    return { verdict: changes[0]?.impact ?? 'none', changes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From the largest impact to the smallest. */
export const order: readonly Impact[] = ['major', 'minor', 'patch', 'none'];

interface Report {
  readonly changes: readonly ReportedChange[];
}

interface ReportedChange {
  readonly path: string;
  readonly kind: string;
  readonly impact: 'major' | 'minor' | 'patch';
  readonly property?: string;
  readonly verdicts: readonly { readonly message: string; readonly ruleId: string }[];
  readonly base?: { readonly line?: number; readonly value?: unknown };
  readonly revision?: { readonly line?: number };
}

async function reportOf(name: string, [base, revision]: readonly [string, string]): Promise<Report> {
  try {
    const args = ['diff', base, revision, '--format', 'json', '--fail-on', 'none'];
    // The shape of the pinned release, which the tests check.
    return JSON.parse(await runRedocly(args, dirname(base))) as Report;
  } catch (reason) {
    const [line = ''] = errorsOf(reason).trim().split('\n');
    throw new DiffError(`${name} cannot be compared: ${line || 'redocly printed no reason'}.`);
  }
}

/** redocly rates a response header that becomes optional as patch; a client may rely on it. */
function raised(change: ReportedChange): ReportedChange {
  const isUnpromised =
    /\/headers\/[^/]+$/.test(change.path) && change.property === 'required' && change.base?.value === true;
  const verdict = { message: 'The header is no longer promised.', ruleId: 'header-unpromised' };
  return isUnpromised ? { ...change, impact: 'major', verdicts: [verdict] } : change;
}

function changeOf({ path, kind, impact, property, verdicts, base, revision }: ReportedChange): Change {
  const steps = pointerSteps(path.slice(1)).filter((step) => step !== '');
  const [first = 'document', route = '', method = ''] = steps;
  const isInOperation = first === 'paths' && method !== '';
  const place = isInOperation ? `${method.toUpperCase()} ${route}` : steps[0] === 'paths' ? `path ${route}` : first;
  const below = steps.slice(isInOperation ? 3 : first === 'paths' ? 2 : 1);
  return {
    impact,
    place,
    member: [...below, ...(property === undefined ? [] : [property])].join(' › '),
    why: verdicts.map(({ message, ruleId }) => `${message} (${ruleId})`).join(' ') || `${kind}; no rule asks for more.`,
    line: revision?.line ?? base?.line,
  };
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
