// An A/B run: the working tree (A) beside another state of it (B), two servers at once, measured in alternating order.
// Figures are compared within a round, so that a slow minute of the machine affects both.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ContractName } from '../../test/shared/refreshing.ts';
import { memoryOf, processorTimeOf } from '../machine.ts';
import { quantile } from './load-process.ts';
import { table } from './rounds.ts';
import { refractTarget, root, startRefract, type Bench, type Target } from './targets.ts';

/** For a shorter time V8 still compiles the measured code. */
const warmUpSeconds = 4;

export interface AbOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly clients: number;
  readonly contract: ContractName;
  /** Whether second starts are measured instead of refreshes. */
  readonly start?: true | undefined;
}

/** The figures of one side in one round, by name. */
type Figures = Readonly<Record<string, number>>;

/**
 * @param ref a commit, or the folder of a checkout
 * @returns the figures as text, and the median of the ratios A ÷ B of the first figure
 */
export async function measureAb(
  bench: Bench,
  ref: string,
  options: AbOptions,
): Promise<{ text: string; ratio: number }> {
  const { rounds: count, seconds, clients, contract } = options;
  const trees = [root, treeAt(ref, bench.folder)];
  const rounds = await (options.start ? startsOf(bench, trees, options) : refreshesOf(bench, trees, options));
  const what = options.start ? 'second starts' : `${contract}, ${String(clients)} clients, ${String(seconds)} s`;
  const figures = Object.keys(rounds[0]?.[0] ?? {}).map((name) => comparisonOf(name, rounds));
  const { ratio = Number.NaN, lower = ratio, upper = ratio } = figures[0] ?? {};
  // The standard error of a median is 0.93 interquartile ranges by the root of the number, for normal noise.
  const error = (93 * (upper - lower)) / ratio / Math.sqrt(count);
  const text = [
    `A = working tree, B = ${ref}; ${String(count)} rounds in alternating order: ${what}; medians, and of the ratios within a round the quartiles.`,
    `The first ratio is known to about ± ${error.toFixed(1)} %; more rounds make that less.`,
    '',
    table(
      ['figure', 'A', 'B', 'A ÷ B', 'quartiles'],
      figures.map((one) => [
        one.name,
        one.a.toFixed(2),
        one.b.toFixed(2),
        one.ratio.toFixed(3),
        `${one.lower.toFixed(3)}–${one.upper.toFixed(3)}`,
      ]),
    ),
  ].join('\n');
  return { text, ratio };
}

/** The folder of a state: a checkout as it is, or a commit's files below `scratch` with packages linked to ours. */
function treeAt(ref: string, scratch: string): string {
  if (existsSync(join(ref, 'package.json')) && statSync(ref).isDirectory()) return resolve(ref);
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, maxBuffer: 1e9 });
  if (git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).status !== 0) {
    throw new Error(`git knows no commit ${ref}, and there is no checkout at this path.`);
  }
  const tree = join(scratch, 'tree');
  mkdirSync(tree);
  execFileSync('tar', ['-x', '-C', tree], { input: git('archive', ref).stdout });
  linkPackages(tree, scratch);
  return tree;
}

/** Links the installed packages, and installs what the state depends on in another version. */
function linkPackages(tree: string, scratch: string): void {
  const installed = join(root, 'node_modules');
  const packages = missingPackages(tree, installed);
  if (packages.length === 0) return symlinkSync(installed, join(tree, 'node_modules'));
  const extra = join(scratch, 'extra');
  mkdirSync(extra);
  console.error(`Installing ${packages.join(' ')} for the other state …`);
  const flags = ['--ignore-scripts', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', extra, ...flags, ...packages], { stdio: ['ignore', 2, 2] });
  for (const from of [join(extra, 'node_modules'), installed]) linkAll(from, join(tree, 'node_modules'));
}

/** The dependencies of a folder's package.json that are not installed in their version, as `name@version`. */
export function missingPackages(folder: string, installed: string): string[] {
  // Both are manifests of npm.
  const manifest = (of: string) => JSON.parse(readFileSync(join(of, 'package.json'), 'utf8')) as Manifest;
  const isMissing = ([name, version]: readonly [string, string]): boolean =>
    !existsSync(join(installed, name)) || manifest(join(installed, name)).version !== version;
  const wanted = Object.entries(manifest(folder).dependencies ?? {}).filter(isMissing);
  return wanted.map(([name, version]) => `${name}@${version}`);
}

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Links each package of a node_modules that the other has not yet. */
function linkAll(from: string, into: string): void {
  mkdirSync(into, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name.startsWith('@')) linkAll(join(from, name), join(into, name));
    else if (!existsSync(join(into, name))) symlinkSync(join(from, name), join(into, name));
  }
}

type Round = readonly Figures[];

/** Measures each side once in every round, in alternating order. */
async function inRounds(count: number, measure: (side: number) => Promise<Figures>): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < count; round += 1) {
    const figures: Figures[] = [];
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) figures[side] = await measure(side);
    rounds.push(figures);
  }
  return rounds;
}

async function refreshesOf(bench: Bench, trees: readonly string[], options: AbOptions): Promise<Round[]> {
  const sides: (Target & { readonly pid: number })[] = [];
  for (const [side, tree] of trees.entries()) {
    const server = await startRefract(bench, nameOf(side), { tree });
    sides.push({ ...(await refractTarget(server, nameOf(side), options.contract, options.clients)), pid: server.pid });
  }
  const measure = async (side: number, seconds: number): Promise<Figures> => {
    const target = sides[side];
    if (target === undefined) throw new Error(`There is no side ${String(side)}.`);
    const { perSecond, p50, p99, serverCpu, errors, wrongBodies } = await target.measure({ seconds });
    if (errors + wrongBodies > 0)
      throw new Error(`${String(errors + wrongBodies)} refreshes of ${nameOf(side)} failed.`);
    const memory = memoryOf(target.pid);
    return {
      'refreshes/s': perSecond,
      'p50 ms': p50,
      'p99 ms': p99,
      'CPU µs of a refresh': serverCpu,
      'RSS MB under load': memory,
    };
  };
  for (const side of [0, 1]) await measure(side, warmUpSeconds);
  return inRounds(options.rounds, (side) => measure(side, options.seconds));
}

async function startsOf(bench: Bench, trees: readonly string[], { rounds }: AbOptions): Promise<Round[]> {
  const start = async (side: number): Promise<Figures> => {
    const since = performance.now();
    const server = await startRefract(bench, nameOf(side), { tree: trees[side] ?? '' });
    const milliseconds = performance.now() - since;
    const cpu = processorTimeOf(server.pid) * 1000;
    // The server returns memory shortly after a start.
    await wait(700);
    const memory = memoryOf(server.pid);
    await server.stop();
    return { 'start to listening ms': milliseconds, 'CPU ms of a start': cpu, 'RSS MB idle': memory };
  };
  // The first start fills the compile cache and creates the database.
  for (const side of [0, 1]) await start(side);
  return inRounds(rounds, start);
}

function nameOf(side: number): string {
  return side === 0 ? 'A' : 'B';
}

function comparisonOf(name: string, rounds: readonly Round[]) {
  const of = (side: number): number[] => rounds.map((round) => round[side]?.[name] ?? Number.NaN);
  const [a, b] = [of(0), of(1)];
  const ratios = a.map((figure, round) => figure / (b[round] ?? Number.NaN));
  return {
    name,
    a: quantile(a, 0.5),
    b: quantile(b, 0.5),
    ratio: quantile(ratios, 0.5),
    lower: quantile(ratios, 0.25),
    upper: quantile(ratios, 0.75),
  };
}
