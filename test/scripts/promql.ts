// Checks the metrics and labels of a PromQL expression (prometheus.io/docs/prometheus/latest/querying/basics) against the
// metrics of a server. Not a parser.
import type { Exposition } from '../shared/exposition.ts';

interface Token {
  readonly text: string;
  readonly kind: 'word' | 'string' | 'sign';
}

const functions = new Set(['rate', 'increase', 'histogram_quantile', 'absent']);
const aggregations = new Set(['sum', 'min', 'max']);
const operators = new Set(['and', 'or', 'unless', 'offset']);
const grouping = new Set(['by', 'without']);

/** Labels that Prometheus adds to each scrape. */
const scrapeLabels = new Set(['instance', 'job']);

/** Returns one sentence for each mistake. Grafana's variables may have any value and any range. */
export function mistakesIn(expression: string, metrics: Exposition): string[] {
  const tokens = tokensOf(expression.replaceAll('$__rate_interval', '5m'));
  if (tokens === undefined) return [`cannot be read: ${expression}`];
  const found: string[] = [];
  const labels = new Set<string>();
  let depth = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const { text, kind } = tokens[index] ?? { text: '', kind: 'sign' };
    const next = tokens[index + 1]?.text;
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth < 0) break;
    if (kind !== 'word' || operators.has(text)) continue;
    if (grouping.has(text)) {
      const end = tokens.findIndex((token, at) => at > index && token.text === ')');
      for (const { text: label } of tokens.slice(index + 2, end).filter((token) => token.kind === 'word')) {
        labels.add(label);
      }
      index = end;
    } else if (next === '(' || next === 'by' || next === 'without') {
      if (!functions.has(text) && !aggregations.has(text)) found.push(`there is no function ${text}`);
    } else {
      const end = next === '{' ? tokens.findIndex((token, at) => at > index && token.text === '}') : index;
      found.push(...mistakesInSelector(text, tokens.slice(index + 2, end), metrics));
      index = end;
    }
  }
  if (depth !== 0) found.push(`the brackets do not fit: ${expression}`);
  for (const label of labels) {
    const exists = metrics.samples.some((sample) => label in sample.labels);
    if (!exists && !scrapeLabels.has(label)) found.push(`no metric has the label ${label}`);
  }
  return found;
}

function mistakesInSelector(name: string, matchers: readonly Token[], metrics: Exposition): string[] {
  const series = metrics.samples.filter((sample) => sample.name === name);
  if (series.length === 0) return [`there is no metric ${name}`];
  const found: string[] = [];
  for (let index = 0; index < matchers.length; index += 4) {
    const [label, sign, value, comma] = matchers.slice(index, index + 4);
    if (label?.kind !== 'word' || value?.kind !== 'string' || (comma !== undefined && comma.text !== ',')) {
      return [`the labels of ${name} cannot be read`];
    }
    if (scrapeLabels.has(label.text)) continue;
    const values = series.map((sample) => sample.labels[label.text]);
    const wanted = value.text.slice(1, -1);
    if (values.every((each) => each === undefined)) found.push(`${name} has no label ${label.text}`);
    else if ((sign?.text === '=' || sign?.text === '!=') && !values.includes(wanted)) {
      found.push(`${name} is never ${label.text}="${wanted}"`);
    }
  }
  return found;
}

/** Returns tokens without numbers and ranges; `undefined` for an unknown token. */
function tokensOf(expression: string): Token[] | undefined {
  const pattern =
    /\s+|(?<word>[a-zA-Z_]\w*)|(?<string>"[^"]*")|\[\d+[smhd]\]|\d+[smhd]\b|[\d.]+|(?<sign>=~|!~|!=|==|>=|<=|[(){},=<>*/+-])/y;
  const tokens: Token[] = [];
  while (pattern.lastIndex < expression.length) {
    const groups = pattern.exec(expression)?.groups;
    if (groups === undefined) return undefined;
    for (const kind of ['word', 'string', 'sign'] as const) {
      const text = groups[kind];
      if (text !== undefined) tokens.push({ text, kind });
    }
  }
  return tokens;
}
