// Where the time of a refresh goes: the server runs under Node's own profiler while it is loaded, and every sample
// counts for the innermost stage that it was taken in. A profile leaves out the work of other threads, which the
// processor time of the whole process includes.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { table } from './rounds.ts';
import { type Bench, refractTarget, root, startRefract } from './targets.ts';
import { refresh } from '../../test/shared/refreshing.ts';
import { startServerProcess } from '../../test/shared/server-process.ts';

/** As Node writes it (Chrome DevTools Protocol, `Profiler.Profile`); times in microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Of the clock that only goes forward, which all processes of a machine share. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The stage of a frame, by the first pattern that its place fits; none of Node's own code. */
const stages: readonly (readonly [string, RegExp])[] = [
  ['collect garbage', /^\(garbage collector\)/],
  ['sign', /^sign\w* .*\/(src\/signer|jose)\/|\/jose\/dist\/.*sign/],
  ['verify', /\/(src\/signer|jose)\//],
  ['commit', /\/src\/store\/sqlite\/group-commit/],
  ['decide', /\/src\/(engine|store|contracts)\//],
  ['validate response', /openapi\.response\.validator|modded\.express\.mung/],
  ['validate request', /\/express-openapi-validator\//],
  ['parse', /\/(body-parser|raw-body|content-type|type-is)\/|node:_http_(common|incoming)/],
  ['send', /\/src\/http\/send|express\/lib\/response|node:_http_(outgoing|server)/],
];

/** Microseconds between two samples. */
const interval = 250;

/** @returns the figures as text */
export async function profileRefreshes(bench: Bench): Promise<string> {
  const { folder } = bench;
  const nodeArguments = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${String(interval)}`];
  const server = await startRefract(bench, 'refract', { nodeArguments });
  const target = await refractTarget(server, 'refract', 'xerial', 64);
  await target.measure({ seconds: 2 });
  const from = now();
  const { refreshes, serverCpu } = await target.measure({ seconds: bench.isFull ? 20 : 6 });
  const until = now();
  await server.stop();
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile')) ?? '';
  // Written by Node a moment ago.
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
  return `${report(profile, [from, until], refreshes, serverCpu)}\n\n${await listPassedFiles(bench)}`;
}

/** Microseconds. */
function now(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function report(profile: Profile, [from, until]: [number, number], refreshes: number, perRefresh: number): string {
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [byStage, byFunction] = [new Map<string, number>(), new Map<string, number>()];
  const add = (sums: Map<string, number>, name: string, time: number): unknown =>
    sums.set(name, (sums.get(name) ?? 0) + time);
  /** Of the innermost frame that has one. */
  const stageOf = (id: number | undefined): string => {
    const frame = frames.get(id ?? Number.NaN);
    if (id === undefined || frame === undefined) return 'other';
    const known = stages.find(([, place]) => place.test(`${frame.functionName} ${frame.url}`));
    return known === undefined ? stageOf(parents.get(id)) : known[0];
  };
  let at = profile.startTime;
  for (const [index, sample] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    // A longer gap is one in which another process had the processor.
    const time = Math.min(delta, 2 * interval);
    if (at < from || at > until) continue;
    const own = frames.get(sample);
    if (own === undefined || own.functionName === '(idle)') continue;
    add(byStage, stageOf(sample), time);
    add(byFunction, titleOf(own), time);
  }
  const perOne = (time: number): string => (time / refreshes).toFixed(1);
  const all = [...byStage.values()].reduce((sum, time) => sum + time, 0);
  const shares = (title: string, sums: ReadonlyMap<string, number>, most: number): string => {
    const sorted = [...sums].sort(([, one], [, other]) => other - one).slice(0, most);
    const rows = sorted.map(([name, time]) => [name, perOne(time), `${((time / all) * 100).toFixed(1)} %`]);
    return table([title, 'µs', 'share'], rows);
  };
  return [
    `${String(refreshes)} refreshes; ${perRefresh.toFixed(0)} µs of the processor for one, ${perOne(all)} µs of the clock on the main thread.`,
    shares('stage', byStage, 20),
    '',
    shares('function', byFunction, 40),
  ].join('\n');
}

function titleOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/(node_modules|src)\//, '');
  return `${functionName === '' ? '(anonymous)' : functionName} ${file}:${String(lineNumber + 1)}`;
}

/** In every thread: writes the coverage since the last time when the main thread gets the signal. */
const preloaded = `data:text/javascript,
  import { takeCoverage } from 'node:v8';
  import { isMainThread } from 'node:worker_threads';
  const channel = new BroadcastChannel('coverage');
  channel.onmessage = () => takeCoverage();
  channel.unref();
  if (isMainThread) process.on('SIGUSR2', () => { channel.postMessage('take'); takeCoverage(); });`;

/** As Node writes it (Chrome DevTools Protocol, `Profiler.ScriptCoverage`). */
interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/** A file of the refresh is in every round. A timer of one second is not: a round takes a quarter of a second. */
const rounds = 8;
const coverageMs = 125;

/** @returns the files, one a line */
async function listPassedFiles({ folder, atEnd }: Bench): Promise<string> {
  const coverage = join(folder, 'coverage');
  const nodeArguments = ['--import', preloaded.replaceAll('\n', '')];
  const environment = { NODE_V8_COVERAGE: coverage };
  const server = await startServerProcess({ tree: root, folder, nodeArguments, environment });
  atEnd(server.stop);
  let { token } = await server.issue('xerial', 'bob');
  token = await refresh(server.origin, 'xerial', token);
  const take = async (): Promise<readonly string[]> => {
    process.kill(server.pid, 'SIGUSR2');
    await setTimeout(coverageMs);
    const taken = readdirSync(coverage).map(
      // Written by Node a moment ago.
      (name) => JSON.parse(readFileSync(join(coverage, name), 'utf8')) as Coverage,
    );
    rmSync(coverage, { recursive: true });
    const called = taken.flatMap(({ result }) =>
      result.filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0)),
    );
    return called.flatMap(({ url }) => url.split(`${root}/src/`)[1] ?? []);
  };
  const lists: ReadonlySet<string>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await take();
    token = await refresh(server.origin, 'xerial', token);
    lists.push(new Set(await take()));
  }
  const files = [...(lists[0] ?? [])].filter((file) => lists.every((list) => list.has(file)));
  return `${String(files.length)} files pass a refresh\n${files.sort().join('\n')}`;
}
