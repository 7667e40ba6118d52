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

/** What is divided by what, by the names of targets. */
export interface RatioWanted {
  readonly of: string;
  readonly upper: string;
  readonly lower: string;
  /** What it is to be; none where it is only told. */
  readonly wanted?: string;
  /** Of one round each; refreshes a second where left out, and then processor time as well. */
  readonly divided?: (one: Round, other: Round, commit: number) => number;
}

export function summaryOf({ rounds, commit }: Measured, wanted: readonly RatioWanted[]): Summary {
  const ratios = wanted.map((one): Ratio => {
    const { upper, lower, divided } = one;
    const each = (by: (one: Round, other: Round) => number): number[] => {
      const [own = [], others = []] = [rounds[upper], rounds[lower]];
      return own.flatMap((round, index) => {
        const other = others[index];
        return other === undefined ? [] : [by(round, other)];
      });
    };
    const figures = each(divided === undefined ? (a, b) => a.perSecond / b.perSecond : (a, b) => divided(a, b, commit));
    return {
      of: one.of,
      median: median(figures),
      least: Math.min(...figures),
      most: Math.max(...figures),
      ...(one.wanted !== undefined && { wanted: one.wanted }),
      ...(divided === undefined && { byProcessor: median(each((a, b) => b.serverCpu / a.serverCpu)) }),
    };
  });
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
