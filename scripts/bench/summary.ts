// From figures to what they say: ratios within a round, their middle and range, and how far to trust them.
import type { LoadFigures } from './load.ts';
import { median } from './loading.ts';

/** One target in one round; processor time in microseconds for one refresh. */
export interface Round extends Omit<LoadFigures, 'tokens'> {
  readonly serverCpu: number;
}

export interface Measured {
  readonly at: string;
  readonly machine: string;
  /** Processes that wanted to run before anything was started. */
  readonly loadBefore: number;
  /** Of each round. */
  readonly seconds: number;
  /** Milliseconds of one commit that waits for the disk. */
  readonly commit: number;
  /** By the name of the target. */
  readonly rounds: Readonly<Record<string, readonly Round[]>>;
}

interface Ratio {
  readonly of: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** What it is to be; none where it is only told. */
  readonly wanted?: string;
  /** The same by processor time: what the other costs of ours. */
  readonly byProcessor?: number;
}

interface Summary {
  readonly ratios: readonly Ratio[];
  readonly noise: string;
}

/** Between rounds of one target a quiet machine varies less. */
const quietSpread = 0.15;

export function summaryOf({ rounds, commit }: Measured): Summary {
  const ratio = (of: string, upper: string, lower: string, wanted?: string): Ratio => ({
    ...rangeOf(of, upper, lower, (one, other) => one.perSecond / other.perSecond, wanted),
    byProcessor: rangeOf(of, lower, upper, (one, other) => one.serverCpu / other.serverCpu).median,
  });
  const rangeOf = (
    of: string,
    upper: string,
    lower: string,
    divided: (one: Round, other: Round) => number,
    wanted?: string,
  ): Ratio => {
    const [own = [], others = []] = [rounds[upper], rounds[lower]];
    const each = own.flatMap((one, round) => {
      const other = others[round];
      return other === undefined ? [] : [divided(one, other)];
    });
    return {
      of,
      median: median(each),
      least: Math.min(...each),
      most: Math.max(...each),
      ...(wanted !== undefined && { wanted }),
    };
  };
  const ratios = [
    ratio('xerial ÷ node:http echo', 'refract xerial 64', 'http xerial 64'),
    ratio('xerial ÷ Express echo', 'refract xerial 64', 'express xerial 64', '≥ 0.75'),
    ratio('xerial ÷ validated echo', 'refract xerial 64', 'validated xerial 64', '≥ 1.0'),
    ratio('xerial ÷ validated echo, 16 clients', 'refract xerial 16', 'validated xerial 16', '≥ 0.85'),
    ratio('fib (Ed25519) ÷ validated echo', 'refract fib 64', 'validated fib 64', '≥ 0.55'),
    ratio('validated echo ÷ five validators in a chain', 'validated xerial 64', 'obvious xerial 64', '≥ 1.25'),
    ratio('validated echo ÷ Express echo', 'validated xerial 64', 'express xerial 64'),
    rangeOf(
      'p99 of xerial ÷ validated echo',
      'refract xerial 64',
      'validated xerial 64',
      (a, b) => a.p99 / b.p99,
      '≤ 1.5',
    ),
    rangeOf(
      'p50 alone ÷ (validated echo + commit)',
      'refract xerial 1',
      'validated xerial 1',
      (one, other) => one.p50 / (other.p50 + commit),
      '≤ 2',
    ),
  ];
  const spreads = Object.entries(rounds).map(([name, each]): readonly [string, number] => {
    const speeds = each.map(({ perSecond }) => perSecond);
    return [name, (Math.max(...speeds) - Math.min(...speeds)) / Math.max(median(speeds), 1)];
  });
  const [worst = '', spread = 0] = spreads.sort(([, one], [, other]) => other - one)[0] ?? [];
  const middle = median(spreads.map(([, one]) => one));
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const said = `the same target varies by ${percent(middle)} between rounds, at worst by ${percent(spread)} (${worst})`;
  return { ratios, noise: `${middle > quietSpread ? 'NOISY MACHINE, trust no wall time' : 'Quiet enough'}: ${said}.` };
}

export function tableOf({ at, machine, loadBefore, seconds, commit, rounds }: Measured, summary: Summary): string {
  const lines = Object.entries(rounds).map(([name, each]) => {
    const middle = (of: (one: Round) => number): number => median(each.map(of));
    const bad = each.reduce((sum, one) => sum + one.errors + one.wrongBodies, 0);
    const cells = [
      middle((one) => one.perSecond).toFixed(0),
      middle((one) => one.p50).toFixed(2),
      middle((one) => one.p99).toFixed(2),
      middle((one) => one.serverCpu).toFixed(0),
      middle((one) => one.generatorCpu).toFixed(0),
      String(bad),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const ratios = summary.ratios.map(({ of, median: middle, least, most, wanted = '', byProcessor }) => {
    const cells = [middle.toFixed(2), `${least.toFixed(2)}–${most.toFixed(2)}`, byProcessor?.toFixed(2) ?? '', wanted];
    return `| ${of} | ${cells.join(' | ')} |`;
  });
  const count = Math.max(...Object.values(rounds).map(({ length }) => length));
  return [
    `${at}, ${machine}; ${String(count)} rounds of ${String(seconds)} s in turn, medians; load before: ${loadBefore.toFixed(1)}.`,
    summary.noise,
    '',
    '| target, contract, clients | refreshes/s | p50 ms | p99 ms | CPU µs | CPU µs of the generator | errors |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...lines,
    '',
    '| ratio | median | range | by CPU | wanted |',
    '|---|---:|---:|---:|---|',
    ...ratios,
    '',
    `One commit that waits for the disk: ${commit.toFixed(2)} ms.`,
  ].join('\n');
}
