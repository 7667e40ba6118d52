/**
 * Proves what is promised by breaking things: real processes, files and databases of this machine alone, each part
 * bounded in time. Prints a table of what was tried and what broke, and fails where anything did.
 *
 * npm run prove [-- PART… --quick --seed N --minutes N --tree FOLDER --show]
 *
 * The soak lasts ten minutes where it is named, one and a half where all parts run, so that they are done in 20 minutes
 * on two cores, and a quarter of one with --quick; --minutes says otherwise. With --show the README shows the table from the
 * next `npm run generate` on.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { thisMachine } from './machine.ts';
import { cluster } from './prove/cluster.ts';
import { copy } from './prove/copy.ts';
import { crash } from './prove/crash.ts';
import { durable } from './prove/durable.ts';
import { failover } from './prove/failover.ts';
import { fuzz } from './prove/fuzz.ts';
import { kills } from './prove/kills.ts';
import { tokens } from './prove/tokens.ts';
import { http } from './prove/http.ts';
import { model } from './prove/model.ts';
import { seeded, type Part, type Shown } from './prove/part.ts';
import { soak } from './prove/soak.ts';
import { storage } from './prove/storage.ts';
import { upgrade } from './prove/upgrade.ts';

const parts: Readonly<Record<string, Part>> = {
  model,
  storage,
  crash,
  kills,
  durable,
  copy,
  failover,
  upgrade,
  cluster,
  tokens,
  http,
  fuzz,
  soak,
};

/** Minutes: a day. */
const longestSoak = 1_440;

interface Row extends Shown {
  readonly name: string;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    show: { type: 'boolean' },
    tree: { type: 'string' },
  },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !Object.hasOwn(parts, name));
const seed = Number(values.seed ?? 1);
const isQuick = values.quick === true;
const minutes = Number(values.minutes ?? (isQuick ? 0.25 : positionals.length === 0 ? 1.5 : 10));
let isProved = false;
if (unknown !== undefined) {
  complain(`There is no part ${unknown}; there are ${Object.keys(parts).join(', ')}.`);
} else if (!Number.isSafeInteger(seed)) {
  complain('A seed is a whole number.');
} else if (!(minutes > 0 && minutes <= longestSoak)) {
  complain(`A soak lasts up to ${String(longestSoak)} minutes.`);
} else {
  isProved = await proveAll(positionals.length === 0 ? Object.keys(parts) : positionals);
}
// At once, whatever a part that broke off may have left open.
process.exit(isProved ? 0 : 1);

/** @returns whether nothing that was promised was broken */
async function proveAll(names: readonly string[]): Promise<boolean> {
  const chosen = names.flatMap((name) => (parts[name] === undefined ? [] : [[name, parts[name]] as const]));
  const missing = new Set(chosen.flatMap(([, { needs = {} }]) => missingOf(needs)));
  if (missing.size > 0) {
    complain(`Install the Debian packages ${[...missing].join(', ')}; or name the parts that do without.`);
    return false;
  }
  const since = performance.now();
  const rows: Row[] = [];
  for (const [name, part] of chosen) rows.push(await proveOne(name, part));
  printTable(rows, secondsSince(since));
  return rows.every(({ violations }) => violations.length === 0);
}

async function proveOne(name: string, part: Part): Promise<Row> {
  console.log(`${name}: ${part.promise}`);
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), `refract-prove-${name}-`));
  let shown: Shown;
  try {
    shown = await part.prove({
      tree: resolve(values.tree ?? dirname(import.meta.dirname)),
      folder,
      isQuick,
      minutes,
      random: seeded(seed),
      say: (line) => console.log(`  ${line}`),
    });
  } catch (reason) {
    // A proof that cannot be carried through shows nothing.
    const message = reason instanceof Error ? reason.message : String(reason);
    shown = { cases: 0, faults: 0, violations: [`it broke off: ${message}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const [what, figure] of Object.entries(shown.figures ?? {})) console.log(`  ${what}: ${String(figure)}`);
  for (const violation of shown.violations.slice(0, 20)) console.log(`  VIOLATION: ${violation}`);
  return { ...shown, name, seconds: secondsSince(since) };
}

function missingOf(needs: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(needs).flatMap(([program, package_]) =>
    spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? [] : [package_],
  );
}

function secondsSince(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

/** @param seconds of all together */
function printTable(rows: readonly Row[], seconds: number): void {
  const lines = [
    '| part | cases | faults | violations | seconds |',
    '|---|---:|---:|---:|---:|',
    ...rows.map((row) => lineOf(row.name, [row], row.seconds)),
    ...(rows.length > 1 ? [lineOf('total', rows, seconds)] : []),
  ];
  const table = lines.join('\n');
  console.log(`\n${table}`);
  console.log(`seed ${String(seed)}, ${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s in all`);
  if (values.show !== true) return;
  const results = join(import.meta.dirname, 'prove', 'results');
  mkdirSync(results, { recursive: true });
  const title = `${new Date().toISOString().slice(0, 10)}, ${thisMachine()}, seed ${String(seed)}:`;
  writeFileSync(join(results, 'prove.md'), `${title}\n\n${table}\n`);
}

function lineOf(name: string, rows: readonly Row[], seconds: number): string {
  const sum = (of: (row: Row) => number): number => rows.reduce((before, row) => before + of(row), 0);
  const counts = [sum(({ cases }) => cases), sum(({ faults }) => faults), sum(({ violations }) => violations.length)];
  return `| ${[name, ...counts, seconds].join(' | ')} |`;
}

function complain(sentence: string): void {
  console.error(`prove: ${sentence}`);
}
