// An A/B run: the working tree (A) beside another state of it (B), two servers at once, measured in alternating order.
// The figures are compared within a round, so that a slow minute of the machine slows both.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { contracts, type ContractName } from '../../test/shared/refreshing.ts';
import { startProcess, type ServerProcess } from '../prove/serving.ts';
import { loaded } from './loading.ts';
import { memoryOf, processorTimeOf } from './processor-time.ts';

const root = dirname(dirname(import.meta.dirname));

/** Seconds: for a shorter time V8 still compiles what is measured. */
const warmUp = 4;

export interface AbOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly clients: number;
  readonly contract: string;
  /** Whether second starts are measured instead of refreshes. */
  readonly start?: true | undefined;
}

/** The figures of one side in one round, by name. */
type Figures = Readonly<Record<string, number>>;

export interface AbResult {
  readonly text: string;
  /** The median of the ratios A ÷ B of the first figure. */
  readonly ratio: number;
}

/** @param ref a commit, or the folder of a checkout. @throws Error with one sentence where there is no such state */
export async function measureAb(ref: string, options: AbOptions): Promise<AbResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'refract-ab-'));
  try {
    const trees = [root, treeAt(ref, scratch)];
    const rounds = await (options.start ? startsOf(trees, options, scratch) : refreshesOf(trees, options, scratch));
    const what = options.start
      ? `${String(options.rounds)} rounds of second starts`
      : `${options.contract}, ${String(options.clients)} clients, ${String(options.rounds)} rounds of ${String(options.seconds)} s`;
    const rows = Object.keys(rounds[0]?.[0] ?? {}).map((name) => comparisonOf(name, rounds));
    const [first] = rows;
    const spread = first === undefined ? 0 : (first.upper - first.lower) / first.ratio;
    const text = [
      `A = working tree, B = ${ref}; ${what}, in alternating order; medians, and of the ratios within a round the quartiles.`,
      // The standard error of a median is 0.93 interquartile ranges by the root of the number, for normal noise.
      `The first ratio is known to about ± ${((93 * spread) / Math.sqrt(rounds.length)).toFixed(1)} %; more rounds make that less.`,
      '',
      '| figure | A | B | A ÷ B | quartiles |',
      '|---|---:|---:|---:|---:|',
      ...rows.map(
        ({ name, a, b, ratio, lower, upper }) =>
          `| ${name} | ${a.toFixed(2)} | ${b.toFixed(2)} | ${ratio.toFixed(3)} | ${lower.toFixed(3)}–${upper.toFixed(3)} |`,
      ),
    ].join('\n');
    return { text, ratio: first?.ratio ?? Number.NaN };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
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
  // Both are manifests of npm.
  const manifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const missing = Object.entries(manifest(tree).dependencies ?? {}).filter(([name, version]) => {
    const folder = join(installed, name);
    return !existsSync(folder) || manifest(folder).version !== version;
  });
  if (missing.length === 0) return symlinkSync(installed, join(tree, 'node_modules'));
  const extra = join(scratch, 'extra');
  mkdirSync(extra);
  const packages = missing.map(([name, version]) => `${name}@${version}`);
  console.error(`Installing ${packages.join(' ')} for the other state …`);
  const flags = ['--ignore-scripts', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', extra, ...flags, ...packages], { stdio: ['ignore', 2, 2] });
  for (const from of [join(extra, 'node_modules'), installed]) linkAll(from, join(tree, 'node_modules'));
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

async function refreshesOf(trees: readonly string[], options: AbOptions, scratch: string): Promise<Round[]> {
  const contract = contractNamed(options.contract);
  const servers: ServerProcess[] = [];
  try {
    const tokens: (readonly string[])[] = [];
    for (const [side, tree] of trees.entries()) {
      const server = await startProcess({ tree, folder: folderOf(scratch, side) });
      servers.push(server);
      const issued: string[] = [];
      for (let index = 0; index < options.clients; index += 1) {
        issued.push((await server.issue(contract, `subject-${String(index)}`)).token);
      }
      tokens.push(issued);
    }
    const measure = async (side: number, seconds: number): Promise<Figures> => {
      const { origin = '', pid = 0 } = servers[side] ?? {};
      const before = processorTimeOf(pid);
      const isStatic = contract === 'kirjaswappi';
      const figures = await loaded({ origins: [origin], contract, tokens: tokens[side] ?? [], seconds, isStatic });
      tokens[side] = figures.tokens;
      const failed = figures.errors + figures.wrongBodies;
      if (failed > 0) throw new Error(`${String(failed)} refreshes of ${side === 0 ? 'A' : 'B'} failed.`);
      return {
        'refreshes/s': figures.perSecond,
        'p50 ms': figures.p50,
        'p99 ms': figures.p99,
        'CPU µs of a refresh': ((processorTimeOf(pid) - before) * 1e6) / figures.refreshes,
        'RSS MB under load': memoryOf(pid),
      };
    };
    for (const side of [0, 1]) await measure(side, warmUp);
    return await inRounds(options.rounds, (side) => measure(side, options.seconds));
  } finally {
    for (const server of servers) await server.kill('SIGKILL');
  }
}

async function startsOf(trees: readonly string[], { rounds }: AbOptions, scratch: string): Promise<Round[]> {
  const start = async (side: number): Promise<Figures> => {
    const since = performance.now();
    const server = await startProcess({ tree: trees[side] ?? '', folder: folderOf(scratch, side) });
    const milliseconds = performance.now() - since;
    try {
      const cpu = processorTimeOf(server.pid) * 1000;
      // The server gives memory back in the moment after a start.
      await wait(700);
      return { 'start to listening ms': milliseconds, 'CPU ms of a start': cpu, 'RSS MB idle': memoryOf(server.pid) };
    } finally {
      await server.stop();
    }
  };
  // The first start compiles for the next ones, and makes the database.
  for (const side of [0, 1]) await start(side);
  return inRounds(rounds, start);
}

function contractNamed(name: string): ContractName {
  const contract = contracts.find((one) => one === name);
  if (contract === undefined) throw new Error(`There is no contract ${name}; there are ${contracts.join(', ')}.`);
  return contract;
}

function folderOf(scratch: string, side: number): string {
  const folder = join(scratch, `database-${String(side)}`);
  mkdirSync(folder, { recursive: true });
  return folder;
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

/** Between the two nearest figures where none is at the very place. */
function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((one, other) => one - other);
  const place = share * (sorted.length - 1);
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(place), Math.floor(place) + 2);
  return below + (above - below) * (place - Math.floor(place));
}
