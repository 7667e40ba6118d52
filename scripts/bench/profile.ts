// Where the time of a refresh goes: the server runs under Node's own profiler while it is loaded, and every sample of
// it counts for the innermost stage that it was taken in. Work on other threads is no part of a profile; the
// difference to the processor time of the whole process is told.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loaded } from './loading.ts';
import { processorTimeOf } from './processor-time.ts';
import { nameOf, refractAlone, startTargets } from './targets.ts';

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

type Frame = Profile['nodes'][number]['callFrame'];

/** The innermost frame that one of these fits says what a sample belongs to. */
const stages: readonly (readonly [string, (frame: Frame) => boolean])[] = [
  ['collecting garbage', ({ functionName }) => functionName === '(garbage collector)'],
  ['sign', ({ url, functionName }) => isAt(url, 'signer/') && /^sign/.test(functionName)],
  ['sign', ({ url }) => /jose\/dist\/.*sign/.test(url)],
  ['verify', ({ url }) => isAt(url, 'signer/') || /jose\/dist\//.test(url)],
  ['commit', ({ url }) => isAt(url, 'store/sqlite/group-commit.ts')],
  ['decide', ({ url }) => isAt(url, 'engine/') || isAt(url, 'store/') || isAt(url, 'contracts/')],
  ['validate reply', ({ url }) => /openapi\.response\.validator|modded\.express\.mung/.test(url)],
  ['validate', ({ url }) => url.includes('/express-openapi-validator/')],
  [
    'parse',
    ({ url }) =>
      isAt(url, 'http/json-body.ts') ||
      /\/(body-parser|raw-body|content-type|type-is)\/|node:_http_(common|incoming)/.test(url),
  ],
  [
    'send',
    ({ url }) =>
      isAt(url, 'http/send.ts') ||
      isAt(url, 'http/express-made.ts') ||
      /express\/lib\/response|node:(_http_outgoing|_http_server)/.test(url),
  ],
];

/** Microseconds between two samples. */
const interval = 250;

/** @returns the figures as text */
export async function profileRefreshes(isFull: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'refract-profile-'));
  try {
    const node = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${String(interval)}`];
    const targets = await startTargets(folder, refractAlone, node);
    const target = targets.all.find(({ name }) => name === nameOf('refract', 'xerial', 64));
    if (target === undefined) throw new Error('there is no such target');
    const { origin, contract, tokens, pid } = target;
    const warm = await loaded({ origins: [origin], contract, tokens, seconds: 2 });
    const [before, from] = [processorTimeOf(pid), now()];
    const order = { origins: [origin], contract, tokens: warm.tokens, seconds: isFull ? 20 : 6 };
    const figures = await loaded(order);
    const [used, until] = [(processorTimeOf(pid) - before) * 1e6, now()];
    await targets.stop();
    const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
    // Written by Node a moment ago.
    const profile = JSON.parse(readFileSync(join(folder, file ?? ''), 'utf8')) as Profile;
    return report(profile, { from, until }, figures.refreshes, used / figures.refreshes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Microseconds. */
function now(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

interface Span {
  readonly from: number;
  readonly until: number;
}

function report(profile: Profile, { from, until }: Span, refreshes: number, perRefresh: number): string {
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [byStage, byFunction] = [new Map<string, number>(), new Map<string, number>()];
  const add = (sums: Map<string, number>, name: string, time: number): unknown =>
    sums.set(name, (sums.get(name) ?? 0) + time);
  let at = profile.startTime;
  for (const [index, sample] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    // A longer gap is one in which another process had the processor.
    const time = Math.min(delta, 2 * interval);
    if (at < from || at > until) continue;
    const own = frames.get(sample);
    if (own === undefined || own.functionName === '(idle)') continue;
    const stack: Frame[] = [];
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
      const frame = frames.get(id);
      if (frame !== undefined) stack.push(frame);
    }
    add(byStage, stageOf(stack), time);
    add(byFunction, titleOf(own), time);
  }
  const perOne = (time: number): string => (time / refreshes).toFixed(1);
  const sorted = (sums: ReadonlyMap<string, number>) => [...sums].sort(([, one], [, other]) => other - one);
  const all = [...byStage.values()].reduce((sum, time) => sum + time, 0);
  const lines = (sums: ReadonlyMap<string, number>, most: number): string[] =>
    sorted(sums)
      .slice(0, most)
      .map(([name, time]) => `| ${name} | ${perOne(time)} | ${((time / all) * 100).toFixed(1)} % |`);
  return [
    `${String(refreshes)} refreshes; ${perRefresh.toFixed(0)} µs of the processor for one, ${perOne(all)} µs of the clock on the main thread.`,
    '| stage | µs | share |',
    '|---|---:|---:|',
    ...lines(byStage, 20),
    '',
    '| function | µs | share |',
    '|---|---:|---:|',
    ...lines(byFunction, 40),
  ].join('\n');
}

function stageOf(stack: readonly Frame[]): string {
  for (const frame of stack) {
    const known = stages.find(([, fits]) => fits(frame));
    if (known !== undefined) return known[0];
  }
  return 'other';
}

function titleOf({ functionName, url, lineNumber }: Frame): string {
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/(node_modules|src)\//, '');
  return `${functionName === '' ? '(anonymous)' : functionName} ${file}:${String(lineNumber + 1)}`;
}

function isAt(url: string, place: string): boolean {
  return url.includes(`/src/${place}`);
}
