// Parses the metrics of a server (prometheus.io/docs/instrumenting/exposition_formats).
import { call } from './wire.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly text: string;
  readonly samples: readonly Sample[];
  /** By name of the metric. */
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  /** Returns the value of the series with these labels; `undefined` where it is missing. */
  readonly valueOf: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
}

/** Reads the metrics. @throws for an invalid line */
export async function readMetrics(adminOrigin: string): Promise<Exposition> {
  const { status, body } = await call(adminOrigin, { method: 'GET', path: '/metrics' });
  if (status !== 200) throw new Error(`/metrics responded ${String(status)}`);
  return parseExposition(body);
}

function parseExposition(text: string): Exposition {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (kind !== undefined) (kind === 'TYPE' ? types : helps).set(name, rest);
    else samples.push(sampleOf(line));
  }
  const valueOf: Exposition['valueOf'] = (name, labels = {}) => {
    const wanted = JSON.stringify(Object.entries(labels).sort());
    const found = samples.filter(
      (one) => one.name === name && JSON.stringify(Object.entries(one.labels).sort()) === wanted,
    );
    if (found.length > 1) throw new Error(`${name}${wanted} occurs ${String(found.length)} times`);
    return found[0]?.value;
  };
  return { text, samples, types, helps, valueOf };
}

function sampleOf(line: string): Sample {
  const [, name, inBraces = '', value] =
    /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (-?[\d.e+-]+|nan|[+-]?inf)$/i.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
  const labels = [...inBraces.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map(([, key = '', text = '']) => [
    key,
    text,
  ]);
  return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) };
}
