// What a refresh costs beside what the same exchange costs without one. All targets are measured in turn, round by
// round, and compared within a round, for a machine is seldom as fast in one minute as in the next.
import Database from 'better-sqlite3';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chartOf } from './chart.ts';
import type { LoadFigures } from './load.ts';
import { loaded, median } from './loading.ts';
import { processorTimeOf } from './processor-time.ts';
import { summaryOf, tableOf, type Measured, type Round } from './summary.ts';
import { startTargets, type Target } from './targets.ts';

const folderOfResults = join(import.meta.dirname, '..', '..', 'var', 'bench');

/** @returns the figures as text; they are also kept in `var/bench` */
export async function measureRefreshes(isFull: boolean): Promise<string> {
  const { rounds, seconds } = isFull ? { rounds: 5, seconds: 6 } : { rounds: 3, seconds: 2 };
  const folder = mkdtempSync(join(tmpdir(), 'refract-bench-'));
  const targets = await startTargets(folder);
  const load = loadavg()[0] ?? 0;
  const tokens = new Map(targets.all.map((target) => [target.name, target.tokens]));
  const measured = new Map<string, Round[]>(targets.all.map(({ name }) => [name, []]));
  const run = async (target: Target, length: number): Promise<Round> => {
    const before = processorTimeOf(target.pid);
    const figures = await loaded(orderOf(target, tokens.get(target.name) ?? [], length));
    tokens.set(target.name, figures.tokens);
    const used = processorTimeOf(target.pid) - before;
    return { ...withoutTokens(figures), serverCpu: (used * 1e6) / Math.max(1, figures.refreshes) };
  };
  try {
    for (const target of targets.all) await run(target, 1);
    const commits: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const target of targets.all) measured.get(target.name)?.push(await run(target, seconds));
      commits.push(fsyncedCommit(folder));
    }
    const results: Measured = {
      at: new Date().toISOString(),
      machine: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${String(cpus().length)} cores, Node ${process.versions.node}`,
      loadBefore: load,
      seconds,
      commit: median(commits),
      rounds: Object.fromEntries(measured),
    };
    const summary = summaryOf(results);
    mkdirSync(folderOfResults, { recursive: true });
    const keep = (ending: string, text: string): void => {
      writeFileSync(join(folderOfResults, `refreshes.${ending}`), text);
    };
    keep('json', `${JSON.stringify({ ...results, ratios: summary.ratios }, undefined, 2)}\n`);
    keep('svg', chartOf(results));
    const table = tableOf(results, summary);
    keep('md', `${table}\n`);
    return table;
  } finally {
    await targets.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function orderOf({ origin, contract }: Target, tokens: readonly string[], seconds: number) {
  return { origins: [origin], contract, tokens, seconds, isStatic: contract === 'kirjaswappi' };
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
