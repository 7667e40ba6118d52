// Measures targets in turn, round by round, and compares them within a round: the speed of a machine changes by the
// minute. Figures are written to var/bench.
import Database from 'better-sqlite3';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../machine.ts';
import { median } from './load-process.ts';
import { root, type Bench, type Round, type Target } from './targets.ts';

/** After a shorter time V8 still compiles the measured code. */
const warmUpSeconds = 6;

/** The rounds of one target differ by less than this on a quiet machine. */
const quietSpread = 0.15;

export interface Measured {
  readonly at: string;
  readonly machine: string;
  /** Processes that wanted to run before the first round. */
  readonly loadBefore: number;
  /** Of each target in each round. */
  readonly seconds: number;
  /** Milliseconds of one commit that waits for the disk. */
  readonly commit: number;
  /** By the name of the target. */
  readonly rounds: Readonly<Record<string, readonly Round[]>>;
}

/** A ratio of two targets, by their names. */
export interface Ratio {
  readonly of: string;
  readonly upper: string;
  readonly lower: string;
  /** The expected value, if any. */
  readonly wanted?: string;
  /** Divides one round each; unless given, refreshes per second, and processor time as well. */
  readonly divided?: (one: Round, other: Round, commit: number) => number;
}

export async function measureInTurn({ isFull, folder }: Bench, targets: readonly Target[]): Promise<Measured> {
  const [count, seconds] = isFull ? [5, 6] : [3, 2];
  const loadBefore = loadavg()[0] ?? 0;
  for (const target of targets) await target.measure({ seconds: warmUpSeconds });
  const rounds: Record<string, Round[]> = Object.fromEntries(targets.map(({ name }) => [name, []]));
  const commits: number[] = [];
  for (let round = 0; round < count; round += 1) {
    for (const { name, measure } of targets) rounds[name]?.push(await measure({ seconds }));
    commits.push(fsyncedCommit(folder));
  }
  const at = new Date().toISOString();
  return { at, machine: thisMachine(), loadBefore, seconds, commit: median(commits), rounds };
}

/** Writes the figures to files. @returns them as text, without ratios of targets that were not measured */
export function saveFigures(name: string, measured: Measured, ratios: readonly Ratio[]): string {
  const compared = ratios.flatMap((ratio) => comparisonOf(measured, ratio) ?? []);
  const { at, machine, loadBefore, seconds, commit, rounds } = measured;
  const count = Math.max(...Object.values(rounds).map(({ length }) => length));
  const text = [
    `${at}, ${machine}; ${String(count)} rounds of ${String(seconds)} s in turn, medians; load before: ${loadBefore.toFixed(1)}.`,
    noiseIn(measured),
    '',
    table(
      ['target, contract, clients', 'refreshes/s', 'p50 ms', 'p99 ms', 'CPU µs', 'CPU µs of the generator', 'errors'],
      Object.entries(rounds).map(([target, each]) => {
        const middle = (of: (one: Round) => number): number => median(each.map(of));
        return [
          target,
          middle((one) => one.perSecond).toFixed(0),
          middle((one) => one.p50).toFixed(2),
          middle((one) => one.p99).toFixed(2),
          middle((one) => one.serverCpu).toFixed(0),
          middle((one) => one.generatorCpu).toFixed(0),
          String(each.reduce((sum, one) => sum + one.errors + one.wrongBodies, 0)),
        ];
      }),
    ),
    '',
    table(
      ['ratio', 'median', 'range', 'by CPU', 'wanted'],
      compared.map(({ of, middle, least, most, byProcessor, wanted = '' }) => {
        const range = `${least.toFixed(2)}–${most.toFixed(2)}`;
        return [of, middle.toFixed(2), range, byProcessor?.toFixed(2) ?? '', wanted];
      }),
    ),
    '',
    `One commit that waits for the disk: ${commit.toFixed(2)} ms.`,
  ].join('\n');
  saveResult(`${name}.json`, `${JSON.stringify({ ...measured, ratios: compared }, undefined, 2)}\n`);
  saveResult(`${name}.md`, `${text}\n`);
  return text;
}

/** Writes a file of results; with `--show`, also to the folder that the README includes. */
export function saveResult(file: string, text: string): void {
  const isShown = process.argv.includes('--show') && !file.endsWith('.json');
  for (const folder of [join(root, 'var', 'bench'), ...(isShown ? [join(import.meta.dirname, 'results')] : [])]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** A Markdown table; columns of figures are aligned to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const isFigures = (column: number): boolean => rows.every((cells) => /^[\d.]/.test(cells[column] ?? ''));
  const rule = headings.map((_, column) => (column > 0 && isFigures(column) ? '---:' : '---'));
  return [line(headings), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

function comparisonOf({ rounds, commit }: Measured, { upper, lower, divided, ...ratio }: Ratio) {
  const [own, others] = [rounds[upper], rounds[lower]];
  if (own === undefined || others === undefined) return undefined;
  const each = (by: (one: Round, other: Round) => number): number[] =>
    own.flatMap((round, index) => {
      const other = others[index];
      return other === undefined ? [] : [by(round, other)];
    });
  const figures = each(divided === undefined ? (a, b) => a.perSecond / b.perSecond : (a, b) => divided(a, b, commit));
  const byProcessor = divided === undefined ? median(each((a, b) => b.serverCpu / a.serverCpu)) : undefined;
  return { ...ratio, middle: median(figures), least: Math.min(...figures), most: Math.max(...figures), byProcessor };
}

function noiseIn({ rounds }: Measured): string {
  const spreads = Object.entries(rounds).map(([name, each]): readonly [string, number] => {
    const speeds = each.map(({ perSecond }) => perSecond);
    return [name, (Math.max(...speeds) - Math.min(...speeds)) / Math.max(median(speeds), 1)];
  });
  const [worst = '', spread = 0] = spreads.sort(([, one], [, other]) => other - one)[0] ?? [];
  const middle = median(spreads.map(([, one]) => one));
  const verdict = middle > quietSpread ? 'NOISY MACHINE, wall times are unreliable' : 'Quiet enough';
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  return `${verdict}: the same target varies by ${percent(middle)} between rounds, at worst by ${percent(spread)} (${worst}).`;
}

/** Returns the milliseconds of one commit that waits for the disk, as the store commits. */
function fsyncedCommit(folder: string): number {
  const database = new Database(join(folder, 'commit.db'));
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec('CREATE TABLE IF NOT EXISTS one (value INTEGER)');
    const write = database.prepare('INSERT INTO one VALUES (1)');
    const times = Array.from({ length: 200 }, () => {
      const since = performance.now();
      write.run();
      return performance.now() - since;
    });
    return median(times);
  } finally {
    database.close();
  }
}
