// Proves promises of the product by breaking servers, files and databases of this machine on purpose.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Argument } from '@commander-js/extra-typings';
import { isOnPath } from '../test/shared/debian-packages.ts';
import { startScript } from '../test/shared/programs.ts';
import { seeded } from '../test/shared/random.ts';
import { table } from './bench/rounds.ts';
import { Exit, numberFrom, runCommand, type Output } from './command.ts';
import { thisMachine } from './machine.ts';
import { cluster } from './prove/cluster.ts';
import { copy } from './prove/copy.ts';
import { crash } from './prove/crash.ts';
import { durable } from './prove/durable.ts';
import { failover } from './prove/failover.ts';
import { fuzz } from './prove/fuzz.ts';
import { http } from './prove/http.ts';
import { kills } from './prove/kills.ts';
import { model } from './prove/model.ts';
import type { Part, Proof, Stoppable } from './prove/part.ts';
import { soak } from './prove/soak.ts';
import { storage } from './prove/storage.ts';
import { tokens } from './prove/tokens.ts';
import { upgrade } from './prove/upgrade.ts';

const root = dirname(import.meta.dirname);
const all = { kills, cluster, storage, http, upgrade, crash, soak, model, copy, failover, fuzz, tokens, durable };
const parts = new Map<string, Part>(Object.entries(all));
const names = [...parts.keys()];

interface Settings {
  readonly isQuick: boolean;
  readonly seed: number;
  readonly minutes: number;
  readonly tree: string;
  /** A violation that ends its part. */
  readonly until: RegExp | undefined;
}

interface Row extends Proof {
  readonly name: string;
  readonly violations: number;
  readonly seconds: number;
}

export function run(args: readonly string[], output?: Output): Promise<number> {
  return runCommand(
    'prove',
    args,
    (command, print) =>
      command
        .description('Breaks servers, files and databases of this machine on purpose. Exit code 1: a promise broke.')
        .addArgument(new Argument('[part...]', 'the parts to prove; all unless given').choices(names))
        .option('--quick', 'fewer cases and faults, two parts at a time')
        .option('--seed <number>', 'chooses what is broken when', numberFrom(0), 1)
        .option(
          '--minutes <number>',
          'length of the soak (default: 10 alone, 1.5 with all parts, 0.25 with --quick)',
          numberFrom(0.05, 1_440),
        )
        .option('--tree <folder>', 'the tree whose product is proved', (path) => resolve(path), root)
        .option('--until <pattern>', 'end a part at its first violation that matches', (text) => new RegExp(text))
        .option('--show', 'keep the table for the README, which `npm run generate` updates')
        .addHelpText('after', (help) => `\nParts:\n${describeParts(help.command.args)}`)
        .action(async (chosen, { quick: isQuick = false, minutes, show, ...options }) => {
          const selected = chosen.length === 0 ? names : chosen;
          refuseMissing(selected);
          const usual = isQuick ? 0.25 : chosen.length === 0 ? 1.5 : 10;
          const settings = { until: undefined, ...options, isQuick, minutes: minutes ?? usual };
          const since = performance.now();
          const rows = await proveAll(selected, settings, print);
          const text = tableOf(rows, secondsSince(since));
          print(`\n${text}\nseed ${settings.seed}`);
          if (show === true) {
            const title = `${new Date().toISOString().slice(0, 10)}, ${thisMachine()}, seed ${settings.seed}:`;
            writeFileSync(join(import.meta.dirname, 'prove', 'results', 'prove.md'), `${title}\n\n${text}\n`);
          }
          if (rows.some(({ violations }) => violations > 0)) throw new Exit(1);
        }),
    output,
  );
}

function refuseMissing(selected: readonly string[]): void {
  const needs = selected.flatMap((name) => Object.entries(parts.get(name)?.needs ?? {}));
  const missing = new Set(needs.flatMap(([program, name]) => (isOnPath(program) ? [] : [name])));
  if (missing.size > 0) throw new Error(`Install the Debian packages ${[...missing].join(', ')}, or name other parts.`);
}

function describeParts(chosen: readonly string[]): string {
  // At this moment the arguments may include options.
  const selected = chosen.filter((name) => parts.has(name));
  const shown = [...parts].filter(([name]) => selected.length === 0 || selected.includes(name));
  const lines = shown.map(([name, { promise, needs = {} }]) => {
    const packages = Object.values(needs).join(', ');
    return `  ${name.padEnd(10)}${promise}${packages === '' ? '' : ` Needs ${packages}.`}`;
  });
  return lines.join('\n');
}

/** Parts mostly wait, so a quick proof runs two at a time, in processes that share no event loop. */
async function proveAll(selected: readonly string[], settings: Settings, print: (line: string) => void) {
  const rows = new Map<string, Row>();
  const left = selected.values();
  const isParallel = settings.isQuick && selected.length > 1;
  const proveNext = async (): Promise<void> => {
    const prove = isParallel ? proveApart : proveOne;
    for (const name of left) rows.set(name, await prove(name, settings, print));
  };
  await Promise.all(isParallel ? [proveNext(), proveNext()] : [proveNext()]);
  return selected.flatMap((name) => rows.get(name) ?? []);
}

async function proveApart(name: string, settings: Settings, print: (line: string) => void): Promise<Row> {
  const { seed, minutes, tree } = settings;
  const args = [name, '--quick', '--seed', String(seed), '--minutes', String(minutes), '--tree', tree];
  const script = startScript({ tree: root, script: 'scripts/prove.ts', args, environment: process.env });
  createInterface(script.child.stdout).on('line', (line) => {
    if (line.startsWith(name)) print(line);
  });
  await script.ended;
  const cells = new RegExp(String.raw`^\| ${name} \|([ \d|]+)\|$`, 'm').exec(script.printed())?.[1]?.split('|');
  if (cells === undefined) print(`${name}: VIOLATION: the proof ended early: ${script.errors()}`);
  const [cases = 0, faults = 0, violations = 1, seconds = 0] = (cells ?? []).map(Number);
  return { name, cases, faults, violations, seconds };
}

async function proveOne(name: string, settings: Settings, print: (line: string) => void): Promise<Row> {
  const { seed, until, ...others } = settings;
  const part = parts.get(name);
  const say = (line: string): void => print(`${name}: ${line}`);
  say(String(part?.promise));
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), `refract-prove-${name}-`));
  // A tracer may still write to the folder for a moment.
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  const started: Stoppable[] = [{ stop: remove }];
  const violations: string[] = [];
  const matched = Promise.withResolvers<undefined>();
  let hasMatched = false;
  const violate = (sentence: string): void => {
    violations.push(sentence);
    const isMatch = !hasMatched && until?.test(`VIOLATION: ${sentence}`) === true;
    hasMatched ||= isMatch;
    if (violations.length <= 20 || isMatch) say(`VIOLATION: ${sentence}`);
    if (isMatch) matched.resolve(undefined);
  };
  const proving = part?.prove({
    ...{ ...others, folder, random: seeded(seed), print: say, violations, violate },
    expect: (holds, sentence) => {
      if (!holds) violate(sentence);
    },
    stopAtEnd: (one) => {
      started.push(one);
      return one;
    },
  });
  let proof: Proof = { cases: 0, faults: 0 };
  try {
    proof = (await Promise.race([proving, matched.promise])) ?? proof;
  } catch (reason) {
    // A proof that fails itself shows nothing.
    violate(`the proof failed: ${reason instanceof Error ? reason.message : String(reason)}`);
  } finally {
    proving?.catch(() => undefined);
    for (const { stop } of started.reverse()) await stop();
  }
  for (const [figure, value] of Object.entries(proof.figures ?? {})) say(`${figure}: ${value}`);
  return { ...proof, name, violations: violations.length, seconds: secondsSince(since) };
}

function secondsSince(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

function tableOf(rows: readonly Row[], seconds: number): string {
  const sum = (of: (row: Row) => number): number => rows.reduce((before, row) => before + of(row), 0);
  const [cases, faults] = [sum((row) => row.cases), sum((row) => row.faults)];
  const total = { name: 'total', cases, faults, violations: sum((row) => row.violations), seconds };
  const shown = rows.length > 1 ? [...rows, total] : rows;
  const cells = shown.map((row) => [row.name, row.cases, row.faults, row.violations, row.seconds].map(String));
  return table(['part', 'cases', 'faults', 'violations', 'seconds'], cells);
}

if (import.meta.main) {
  const code = await run(process.argv.slice(2));
  // A part that failed may have left something open. A pipe gets the whole output first.
  process.stdout.write('', () => process.exit(code));
}
