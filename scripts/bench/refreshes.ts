// The cost of a refresh beside the same exchange without one.
import { measureInTurn, saveFigures, type Ratio } from './rounds.ts';
import { echoTargets, refractTarget, startRefract, type Bench, type Target } from './targets.ts';

const own = 'refract xerial 64';
const validated = 'validated xerial 64';

const ratios: readonly Ratio[] = [
  { of: 'xerial ÷ node:http echo', upper: own, lower: 'http xerial 64' },
  { of: 'xerial ÷ Express echo', upper: own, lower: 'express xerial 64', wanted: '≥ 0.75' },
  { of: 'xerial ÷ validated echo', upper: own, lower: validated, wanted: '≥ 1.0' },
  {
    of: 'xerial ÷ validated echo, 16 clients',
    upper: 'refract xerial 16',
    lower: 'validated xerial 16',
    wanted: '≥ 0.85',
  },
  { of: 'engine in a thread of its own ÷ all in one', upper: own, lower: 'one-thread xerial 64', wanted: '≥ 1.2' },
  { of: 'fib (Ed25519) ÷ validated echo', upper: 'refract fib 64', lower: 'validated fib 64', wanted: '≥ 0.55' },
  { of: 'validated echo ÷ Express echo', upper: validated, lower: 'express xerial 64' },
  {
    of: 'p99 of xerial ÷ validated echo',
    upper: own,
    lower: validated,
    wanted: '≤ 1.5',
    divided: (one, other) => one.p99 / other.p99,
  },
  {
    of: 'p50 alone ÷ (validated echo + commit)',
    upper: 'refract xerial 1',
    lower: 'validated xerial 1',
    wanted: '≤ 2',
    divided: (one, other, commit) => one.p50 / (other.p50 + commit),
  },
];

/** @returns the figures as text; they are also written to `var/bench` */
export async function measureRefreshes(bench: Bench): Promise<string> {
  const server = await startRefract(bench, 'refract');
  const oneThread = await startRefract(bench, 'one-thread', { environment: { REFRACT_ENGINE_THREAD: 'off' } });
  const targets: Target[] = [
    ...(await echoTargets(bench, server, 'http', 'xerial', [64])),
    ...(await echoTargets(bench, server, 'express', 'xerial', [64])),
    ...(await echoTargets(bench, server, 'validated', 'xerial', [64, 16, 1])),
    ...(await echoTargets(bench, server, 'validated', 'fib', [64])),
  ];
  for (const clients of [64, 16, 1]) targets.push(await refractTarget(server, 'refract', 'xerial', clients));
  for (const contract of ['fib', 'kirjaswappi', 'cloudreve'] as const) {
    targets.push(await refractTarget(server, 'refract', contract, 64));
  }
  targets.push(await refractTarget(oneThread, 'one-thread', 'xerial', 64));
  return saveFigures('refreshes', await measureInTurn(bench, targets), ratios);
}
