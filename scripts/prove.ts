/** Proves what is promised by breaking things, on this machine alone: npm run prove -- --help */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { seeded } from '../test/shared/random.ts';
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

const all = { model, storage, crash, kills, durable, copy, failover, upgrade, cluster, tokens, http, fuzz, soak };
const parts = new Map<string, Part>(Object.entries(all));

interface Row extends Proof {
  readonly name: string;
  readonly seconds: number;
}

interface Settings {
  readonly isQuick: boolean;
  readonly seed: number;
  readonly minutes: number;
  readonly tree: string;
}

const program = new Command('prove')
  .description('Breaks servers, files and databases of this machine on purpose, and fails where a promise breaks.')
  .argument('[part...]', 'what to prove; every part where none is named')
  .option('--quick', 'less of everything, below five minutes in all')
  .option('--seed <number>', 'chooses what is broken when', wholeNumber, 1)
  .option(
    '--minutes <number>',
    'how long the soak lasts: 10, 1.5 beside every other part, 0.25 with --quick',
    soakMinutes,
  )
  .option('--tree <folder>', 'the tree whose product is proved', folderAt, dirname(import.meta.dirname))
  .option('--show', 'keep the table for the README, which shows it after `npm run generate`')
  .addHelpText('after', ({ command }) => `\nParts:\n${described(command.args.filter((name) => parts.has(name)))}`)
  .configureOutput({
    // In one line, whatever commander adds.
    outputError: (text, write) =>
      write(
        `${text
          .trim()
          .replace(/^error: /, 'prove: ')
          .replaceAll('\n', ' ')}\n`,
      ),
  });

program.action(async (names, { quick: isQuick = false, seed, tree, show, minutes: given }) => {
  const unknown = names.find((name) => !parts.has(name));
  if (unknown !== undefined) {
    program.error(`error: There is no part ${unknown}; there are ${[...parts.keys()].join(', ')}.`);
  }
  const minutes = given ?? (isQuick ? 0.25 : names.length === 0 ? 1.5 : 10);
  const chosen = names.length === 0 ? [...parts.keys()] : names;
  const missing = new Set(chosen.flatMap((name) => missingOf(parts.get(name)?.needs)));
  if (missing.size > 0) {
    program.error(`error: Install the Debian packages ${[...missing].join(', ')}, or name parts that do without.`);
  }
  const rows: Row[] = [];
  const since = performance.now();
  for (const name of chosen) rows.push(await proveOne(name, { isQuick, seed, minutes, tree }));
  const table = tableOf(rows, secondsSince(since));
  console.log(`\n${table}\nseed ${seed}`);
  if (show === true) {
    const title = `${new Date().toISOString().slice(0, 10)}, ${thisMachine()}, seed ${seed}:`;
    writeFileSync(join(import.meta.dirname, 'prove', 'results', 'prove.md'), `${title}\n\n${table}\n`);
  }
  // At once, even where a part that broke off has left something open.
  process.exit(rows.every(({ violations }) => violations.length === 0) ? 0 : 1);
});

await program.parseAsync();

function folderAt(path: string): string {
  return resolve(path);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

function soakMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 1_440)) throw new InvalidArgumentError('A soak lasts up to 1440 minutes.');
  return minutes;
}

function described(names: readonly string[]): string {
  const lines = [...parts].map(([name, { promise, needs = {} }]) => {
    const packages = Object.values(needs);
    return [name, `  ${name.padEnd(10)}${promise}${packages.length > 0 ? ` Needs ${packages.join(', ')}.` : ''}`];
  });
  return lines
    .flatMap(([name = '', line = '']) => (names.length === 0 || names.includes(name) ? [line] : []))
    .join('\n');
}

function missingOf(needs: Part['needs'] = {}): readonly string[] {
  return Object.entries(needs).flatMap(([file, debianPackage]) =>
    spawnSync('sh', ['-c', `command -v ${file}`]).status === 0 ? [] : [debianPackage],
  );
}

async function proveOne(name: string, { seed, ...settings }: Settings): Promise<Row> {
  const part = parts.get(name);
  console.log(`${name}: ${String(part?.promise)}`);
  const since = performance.now();
  const folder = mkdtempSync(join(tmpdir(), `refract-prove-${name}-`));
  const begun: Stoppable[] = [{ stop: () => rmSync(folder, { recursive: true, force: true }) }];
  let proof: Proof = { cases: 0, faults: 0, violations: ['there is no such part'] };
  try {
    proof = await (part?.prove({
      ...settings,
      folder,
      random: seeded(seed),
      say: (line) => console.log(`  ${line}`),
      stopAfter: (one) => {
        begun.push(one);
        return one;
      },
    }) ?? proof);
  } catch (reason) {
    // A proof that breaks off shows nothing.
    const message = reason instanceof Error ? reason.message : String(reason);
    proof = { cases: 0, faults: 0, violations: [`it broke off: ${message}`] };
  } finally {
    for (const { stop } of begun.reverse()) await stop();
  }
  for (const [what, figure] of Object.entries(proof.figures ?? {})) console.log(`  ${what}: ${figure}`);
  for (const violation of proof.violations.slice(0, 20)) console.log(`  VIOLATION: ${violation}`);
  return { ...proof, name, seconds: secondsSince(since) };
}

function secondsSince(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

function tableOf(rows: readonly Row[], seconds: number): string {
  const lineOf = (name: string, some: readonly Row[], took: number): string => {
    const sum = (of: (row: Row) => number): number => some.reduce((before, row) => before + of(row), 0);
    const counts = [sum(({ cases }) => cases), sum(({ faults }) => faults), sum(({ violations }) => violations.length)];
    return `| ${[name, ...counts, took].join(' | ')} |`;
  };
  return [
    '| part | cases | faults | violations | seconds |',
    '|---|---:|---:|---:|---:|',
    ...rows.map((row) => lineOf(row.name, [row], row.seconds)),
    ...(rows.length > 1 ? [lineOf('total', rows, seconds)] : []),
  ].join('\n');
}
