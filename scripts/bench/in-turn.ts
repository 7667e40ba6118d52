// Measures targets in turn, round by round, so that they can be compared within a round: a machine is seldom as fast
// in one minute as in the next. The figures are kept in var/bench.
import Database from 'better-sqlite3';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../machine.ts';
import { chartOf } from './chart.ts';
import type { LoadFigures, LoadOrder } from './load.ts';
import { loaded, median } from './loading.ts';
import { processorTimeOf } from './processor-time.ts';
import { summaryOf, tableOf, type Measured, type RatioWanted, type Round } from './summary.ts';
import type { Target } from './targets.ts';

export interface Rounds {
  readonly rounds: number;
  /** Of each target in each round. */
  readonly seconds: number;
}

/** Seconds: after a shorter time V8 still compiles what is measured, most where there is most code. */
const warmUp = 6;

const folderOfResults = join(import.meta.dirname, '..', '..', 'var', 'bench');

/** Of the results that the README shows. */
const folderOfShown = join(import.meta.dirname, 'results');

/** @param folder where commits can be tried */
export async function measureInTurn(
  targets: readonly Target[],
  { rounds, seconds }: Rounds,
  folder: string,
): Promise<Measured> {
  const load = loadavg()[0] ?? 0;
  const tokens = new Map(targets.map((target) => [target.name, target.tokens]));
  const measured = new Map<string, Round[]>(targets.map(({ name }) => [name, []]));
  const run = async (target: Target, length: number): Promise<Round> => {
    const before = processorTimeOf(target.pid);
    const figures = await loaded(orderOf(target, tokens.get(target.name) ?? [], length));
    tokens.set(target.name, figures.tokens);
    const used = processorTimeOf(target.pid) - before;
    return { ...withoutTokens(figures), serverCpu: (used * 1e6) / Math.max(1, figures.refreshes) };
  };
  for (const target of targets) await run(target, warmUp);
  const commits: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) measured.get(target.name)?.push(await run(target, seconds));
    commits.push(fsyncedCommit(folder));
  }
  return {
    at: new Date().toISOString(),
    machine: thisMachine(),
    loadBefore: load,
    seconds,
    commit: median(commits),
    rounds: Object.fromEntries(measured),
  };
}

/** Keeps the figures as files of the name. @returns them as text */
export function keptFigures(name: string, results: Measured, ratios: readonly RatioWanted[]): string {
  const summary = summaryOf(results, ratios);
  const table = tableOf(results, summary);
  keep(`${name}.json`, `${JSON.stringify({ ...results, ratios: summary.ratios }, undefined, 2)}\n`);
  keep(`${name}.svg`, chartOf(results));
  keep(`${name}.md`, `${table}\n`);
  return table;
}

/** Writes a file of results; with `--show`, also where the README takes them from. */
export function keep(file: string, text: string): void {
  const isShown = process.argv.includes('--show') && !file.endsWith('.json');
  for (const folder of [folderOfResults, ...(isShown ? [folderOfShown] : [])]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

function orderOf({ origin, contract, call, clients }: Target, tokens: readonly string[], seconds: number): LoadOrder {
  const order = { origins: [origin], contract, tokens, seconds, isStatic: contract === 'kirjaswappi' };
  return { ...order, ...(call !== undefined && { call }), ...(clients !== undefined && { clients }) };
}

function withoutTokens({ tokens: _tokens, ...figures }: LoadFigures): Omit<LoadFigures, 'tokens'> {
  return figures;
}

/** Milliseconds of one commit that waits for the disk, as the store makes them. */
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
